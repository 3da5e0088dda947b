"""Leaky ReLU lets a little of the negative side through."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.checks import number
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops.activations import leaky_relu, leaky_relu_gradient


class LeakyReLU(Layer):
    """y = x where x > 0, else negative_slope * x; the shape unchanged.

    Source: Maas et al. 2013, https://keras.io/api/layers/activation_layers/leaky_relu/
    """

    supports_masking = True

    def __init__(self, negative_slope: float = 0.3, **common: Any) -> None:
        super().__init__(**common)
        self.negative_slope = number(negative_slope, "negative_slope", minimum=0.0)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the rectified input; dx = dy where x > 0, else negative_slope * dy."""
        y = leaky_relu(x, self.negative_slope)
        return y, lambda dy: (leaky_relu_gradient(dy, y, x, self.negative_slope), {})
