"""Softmax as a layer: scores become shares that sum to 1, over one axis or several, masked places getting none."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops import activation_gradients as derivative
from core.ops.activations import softmax

#: What a masked score becomes (Keras' own): far below any real one, and finite in its type.
_NEVER = {"float16": -3e4}
_NEVER_ELSE = -1e9


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

    def call(self, x: Array, mask: Array | None = None) -> Array:
        """Return the shares."""
        return masked_softmax(x, axes_of(self.axis, "axis", rank=x.ndim), mask)

    def call_and_back(self, x: Array, mask: Array | None = None) -> tuple[Array, Backward]:
        """dx = y * (dy - sum of y * dy over `axis`); a masked place has y = 0, and so no part in it."""
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        y = masked_softmax(x, axes, mask)
        return y, lambda dy: (derivative.softmax(y, dy, axes), {})


def masked_softmax(x: Array, axes: tuple[int, ...], mask: Array | None) -> Array:
    """Take the softmax over `axes` of what the mask lets through."""
    if mask is None:
        return softmax(x, axes)
    mask = mask if mask.dtype == bool else mask > 0.5
    try:
        mask = np.broadcast_to(mask, x.shape)
    except ValueError as error:
        raise InputError(f"the mask {mask.shape} of a softmax must broadcast to its input {x.shape}") from error
    never = x.dtype.type(_NEVER.get(x.dtype.name, _NEVER_ELSE))
    return np.where(mask, softmax(np.where(mask, x, never), axes), x.dtype.type(0))
