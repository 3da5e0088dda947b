"""Unit normalisation divides by the length: every vector comes out with length 1, none with its direction changed."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of
from core.layers.base import Layer
from core.layers.gradients import Backward

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

    def call(self, x: Array) -> Array:
        """Return x with length 1."""
        return unit_length(x, axes_of(self.axis, "axis", rank=x.ndim), _SHORTEST)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = (dy - y * sum of y * dy) / length of x."""
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        return self.call(x), lambda dy: (unit_length_back(x, dy, axes, _SHORTEST), {})


def unit_length(x: Array, axis: int | tuple[int, ...] | None, shortest: float) -> Array:
    """Divide `x` by its length over `axis`, at least `shortest`, in the order in which Keras does it."""
    inverse = 1 / np.sqrt(np.sum(np.square(x), axis=axis, keepdims=True))
    return x * np.minimum(inverse, x.dtype.type(1 / shortest))


def unit_length_back(x: Array, dy: Array, axis: int | tuple[int, ...] | None, shortest: float) -> Array:
    """The way back through `unit_length`; below `shortest` the divisor is a constant."""
    length = np.sqrt(np.sum(np.square(x), axis=axis, keepdims=True))
    y = unit_length(x, axis, shortest)
    turning = np.where(length > shortest, y * np.sum(y * dy, axis=axis, keepdims=True), x.dtype.type(0))
    return (dy - turning) / np.maximum(length, x.dtype.type(shortest))
