"""Softmax as a layer: scores become weights that sum to 1, over one axis or several, masked positions getting 0."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import axes_of
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops.activations import masked_softmax, softmax_gradient


class Softmax(Layer):
    """y_i = exp(x_i) / sum_j exp(x_j) over `axis`; where the mask is false, y = 0. The shape is unchanged.

    The mask is the one that travels with the input, or the argument `mask`; it must broadcast to x.
    Source: https://keras.io/api/layers/activation_layers/softmax/
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **common: Any) -> None:
        super().__init__(**common)
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        """Expect an input that has the axes."""
        axes_of(self.axis, "axis", rank=len(input_shape))
        self.expect(rank=len(input_shape))

    def call_with_backward(self, x: Array, mask: Array | None = None) -> tuple[Array, Backward]:
        """Return the weights; dx = y * (dy - sum of y * dy over `axis`): a masked position, y = 0, takes no part."""
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        y = masked_softmax(x, axes, mask)
        return y, lambda dy: (softmax_gradient(dy, y, axes), {})
