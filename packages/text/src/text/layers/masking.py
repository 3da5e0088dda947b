"""Masking hides the time steps that hold nothing but one agreed value."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import number
from core.layers.base import Layer
from core.layers.gradients import Backward


class Masking(Layer):
    """mask = any(x != mask_value) along the last axis; y = x where the mask is true, else 0. The shape is unchanged.

    Source: https://keras.io/api/layers/core_layers/masking/
    """

    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **common: Any) -> None:
        super().__init__(**common)
        self.mask_value = number(mask_value, "mask_value")

    def compute_mask(self, inputs: Array, mask: Any) -> Array:
        """True for a time step that holds anything else than `mask_value`."""
        del mask
        return np.any(self._differs(inputs.astype(self.dtype.compute_dtype, copy=False)), axis=-1)

    def call_with_backward(self, inputs: Array) -> tuple[Array, Backward]:
        """Return the input, zero where it is masked; dx = dy where it counts, else 0."""
        counts = self._differs(inputs).any(axis=-1, keepdims=True)
        y = np.where(counts, inputs, inputs.dtype.type(0))
        return y, lambda dy: (np.where(counts, dy, dy.dtype.type(0)), {})

    def _differs(self, x: Array) -> Array:
        value = self.mask_value if float(self.mask_value).is_integer() else np.float32(self.mask_value)
        return np.not_equal(x, value)  # a fraction is a float32 in Keras, whatever type the layer has
