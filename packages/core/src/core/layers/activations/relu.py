"""ReLU with options: a ceiling, a slope below the threshold, and the threshold itself."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.checks import number
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops.activations import rectify, rectify_gradient


class ReLU(Layer):
    """y = min(x, max_value) where x > threshold, else negative_slope * (x - threshold); the shape unchanged.

    Source: https://keras.io/api/layers/activation_layers/relu/
    """

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.max_value = None if max_value is None else number(max_value, "max_value", minimum=0.0)
        self.negative_slope = number(negative_slope, "negative_slope", minimum=0.0)
        self.threshold = number(threshold, "threshold", minimum=0.0)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the rectified input; dx = dy between threshold and ceiling, negative_slope * dy below, 0 above."""
        options = self.negative_slope, self.max_value, self.threshold
        y = rectify(x, *options)
        return y, lambda dy: (rectify_gradient(dy, y, x, *options), {})
