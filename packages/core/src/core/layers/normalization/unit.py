"""Unit normalization divides by the length: every vector comes out with length 1, none with its direction changed."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import axes_of
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops.normalization import unit_length, unit_length_gradient

#: The shortest length that is divided by; Keras' own.
_SHORTEST = 1e-12


class UnitNormalization(Layer):
    """y = x / max(sqrt(sum of x^2 over `axis`), 1e-12), the shape unchanged.

    Source: https://keras.io/api/layers/normalization_layers/unit_normalization/
    """

    supports_masking = True

    def __init__(self, axis: Any = -1, **common: Any) -> None:
        super().__init__(**common)
        self.axis = axis

    def build(self, input_shape: Shape) -> None:
        """Expect an input that has the axes."""
        axes_of(self.axis, "axis", rank=len(input_shape))
        self.expect(rank=len(input_shape))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x with length 1; dx = (dy - y * sum of y * dy) / length of x."""
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        return unit_length(x, axes, _SHORTEST), lambda dy: (unit_length_gradient(dy, x, axes, _SHORTEST), {})
