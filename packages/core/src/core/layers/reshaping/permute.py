"""Permuting puts the axes of each example in another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward


class Permute(Layer):
    """Output axis i is input axis dims[i - 1]; the batch stays in front, axes are counted from 1.

    Source: https://keras.io/api/layers/reshaping_layers/permute/
    """

    def __init__(self, dims: Any, **common: Any) -> None:
        super().__init__(**common)
        if not isinstance(dims, list | tuple) or set(dims) != set(range(1, len(dims) + 1)):
            raise InputError(f"dims must hold each of 1, 2, ..., n once, got {dims!r}")
        self.dims = tuple(int(axis) for axis in dims)

    def build(self, input_shape: Shape) -> None:
        """Expect the axes that are named."""
        if len(input_shape) != len(self.dims) + 1:
            raise InputError(f"dims={self.dims} orders {len(self.dims)} axes, the input has {len(input_shape) - 1}")
        self.expect(rank=len(input_shape))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Put the sizes in the order of the axes."""
        return (input_shape[0], *(input_shape[axis] for axis in self.dims))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x with its axes in the new order; dx is dy with its axes in the old one."""
        order = (0, *self.dims)
        return x.transpose(order), lambda dy: (dy.transpose(np.argsort(order)), {})
