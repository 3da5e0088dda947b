"""Leaky ReLU lets a little of the negative side through."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.checks import number
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops.activations import leaky_relu, leaky_relu_gradient


class LeakyReLU(Layer):
    """y = x where x > 0, else negative_slope * x; the shape unchanged. Keras 2 calls the slope `alpha`.

    Source: Maas et al. 2013, https://keras.io/api/layers/activation_layers/leaky_relu/
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, alpha: Any = None, **common: Any) -> None:
        super().__init__(**common)
        if isinstance(
            alpha, dict
        ):  # Keras 2 wrote some numbers as {"class_name": "__numpy__", "config": {"value": ...}}
            inner = alpha.get("config", alpha)
            alpha = inner.get("value") if isinstance(inner, dict) else None
            if alpha is None:
                raise InputError("alpha must be a number")
        self.negative_slope = number(negative_slope if alpha is None else alpha, "negative_slope", minimum=0.0)

    def get_config(self) -> dict[str, Any]:
        """Return the options under their names of today."""
        options = {key: value for key, value in super().get_config().items() if key != "alpha"}
        return options | {"negative_slope": self.negative_slope}

    def call(self, x: Array) -> Array:
        """Return the rectified input."""
        return leaky_relu(x, self.negative_slope)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = dy where x > 0, else negative_slope * dy."""
        y = self.call(x)
        return y, lambda dy: (leaky_relu_gradient(dy, y, x, self.negative_slope), {})
