"""ReLU that lets nothing through up to a threshold: a layer of Keras 2, which Keras 3 no longer has."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.checks import number
from core.layers.base import Layer
from core.layers.gradients import Backward


class ThresholdedReLU(Layer):
    """y = x where x > theta, else 0; the shape unchanged.

    Source: https://github.com/keras-team/keras/blob/v2.15.0/keras/layers/activation/thresholded_relu.py
    """

    supports_masking = True
    written_name = "ReLU"

    def __init__(self, theta: float = 1.0, **common: Any) -> None:
        super().__init__(**common)
        self.theta = number(theta, "theta", minimum=0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the options under which the ReLU of Keras 3 computes the same."""
        options = {key: value for key, value in super().get_config().items() if key != "theta"}
        return options | {"threshold": self.theta}

    def call(self, x: Array) -> Array:
        """Return the thresholded input."""
        return x * self._passes(x)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = dy where x > theta, else 0."""
        passes = self._passes(x)
        return x * passes, lambda dy: (dy * passes, {})

    def _passes(self, x: Array) -> Array:
        return (x > x.dtype.type(self.theta)).astype(x.dtype)
