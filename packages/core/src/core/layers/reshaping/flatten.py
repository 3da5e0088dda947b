"""Flattening writes all axes of an example in one row, the last axis running fastest."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import one_of
from core.layers.base import Layer
from core.layers.gradients import Backward


class Flatten(Layer):
    """(batch, a, b, ...) -> (batch, a * b * ...).

    With ``data_format="channels_first"`` the channels of axis 1 are moved last before, as Keras does.
    Source: https://keras.io/api/layers/reshaping_layers/flatten/
    """

    def __init__(self, data_format: object = None, **common: Any) -> None:
        super().__init__(**common)
        self.data_format = one_of(data_format or "channels_last", "data_format", ("channels_last", "channels_first"))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The product of all sizes but the batch."""
        return (input_shape[0], known_size(input_shape[1:]))

    def call(self, x: Array) -> Array:
        """Return x as a matrix."""
        if self.data_format == "channels_first" and x.ndim > 1:
            x = x.transpose(0, *range(2, x.ndim), 1)
        columns = 1
        for size in x.shape[1:]:
            columns *= size
        return x.reshape(len(x), columns)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """dx is dy in the shape of x."""
        if self.data_format == "channels_first" and x.ndim > 1:
            moved = (len(x), *x.shape[2:], x.shape[1])
            return self.call(x), lambda dy: (np.moveaxis(dy.reshape(moved), -1, 1), {})
        return self.call(x), lambda dy: (dy.reshape(x.shape), {})
