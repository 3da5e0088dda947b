"""Flattening writes all axes of an example in one row, the last axis running fastest."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import one_of
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients


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

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x as a matrix; dx is dy in the shape of x."""
        moved = self.data_format == "channels_first" and x.ndim > 1
        x = np.moveaxis(x, 1, -1) if moved else x
        shape = x.shape

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = dy.reshape(shape)
            return np.moveaxis(dx, -1, 1) if moved else dx, {}

        return x.reshape(len(x), math.prod(shape[1:])), backward
