"""A dot product of two tensors, example by example: how alike they are along one axis of each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of, flag
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.layers.merging.merge import shapes_in
from core.ops.normalization import unit_length, unit_length_gradient
from core.ops.promotion import together

#: The shortest length that `normalize` divides by: Keras' `backend.epsilon()`.
_SHORTEST = 1e-7


class Dot(Layer):
    """(batch, A..., d, B...), (batch, C..., d, D...) -> (batch, A..., B..., C..., D...), the sum over the common d.

    `axes` says where d is: one axis for both, or a pair. Two matrices give (batch, 1). With `normalize` both are brought
    to length 1 before, which makes the output a cosine. Source: https://keras.io/api/layers/merging_layers/dot/
    """

    def __init__(self, axes: Any, normalize: bool = False, **common: Any) -> None:
        super().__init__(**common)
        pair = list(axes) if isinstance(axes, list | tuple) else [axes, axes]
        if len(pair) != 2:
            raise InputError(f"axes must be one axis or a pair, got {axes!r}")
        self.axes = pair
        self.normalize = flag(normalize, "normalize")

    def build(self, input_shapes: Any) -> None:
        """Check that the sizes to be summed over are equal."""
        one, other = self._pair(shapes_in(input_shapes))
        axis, other_axis = self._axes(len(one), len(other))
        if one[axis] != other[other_axis] and None not in (one[axis], other[other_axis]):
            raise InputError(f"axes {self.axes} have the sizes {one[axis]} and {other[other_axis]}, which differ")

    def compute_output_shape(self, input_shapes: Any) -> Shape:
        """Leave out the summed axes and the second batch."""
        one, other = self._pair(shapes_in(input_shapes))
        axis, other_axis = self._axes(len(one), len(other))
        rest = (*one[:axis], *one[axis + 1 :], *other[1:other_axis], *other[other_axis + 1 :])
        return rest if len(rest) > 1 else (*rest, 1)

    def call_with_backward(self, inputs: Sequence[Array]) -> tuple[Array, Backward]:
        """Return the products; the gradient of one side is dy times the other."""
        axes = self._axes(inputs[0].ndim, inputs[1].ndim)
        sides = [np.moveaxis(x, axis, -1) for x, axis in zip(together(*inputs), axes, strict=True)]
        units = [unit_length(side, -1, _SHORTEST) for side in sides] if self.normalize else sides
        one, other = (side.reshape(len(side), math.prod(side.shape[1:-1]), side.shape[-1]) for side in units)
        shape = (len(one), *sides[0].shape[1:-1], *sides[1].shape[1:-1])

        def backward(dy: Array) -> tuple[list[Array], Gradients]:
            dy = dy.reshape(len(one), one.shape[1], other.shape[1])
            found = []
            for side, axis, product in zip(sides, axes, (dy @ other, dy.swapaxes(1, 2) @ one), strict=True):
                d_side = product.reshape(side.shape)
                if self.normalize:
                    d_side = unit_length_gradient(d_side, side, -1, _SHORTEST)
                found.append(np.moveaxis(d_side, -1, axis))
            return found, {}

        return (one @ other.swapaxes(1, 2)).reshape(shape if len(shape) > 1 else (*shape, 1)), backward

    def _pair(self, shapes: list[Shape]) -> tuple[Shape, Shape]:
        if len(shapes) != 2:
            raise InputError(f"multiplies two tensors, got {len(shapes)}")
        return shapes[0], shapes[1]

    def _axes(self, rank: int, other_rank: int) -> tuple[int, int]:
        found = axis_of(self.axes[0], "axes", rank=rank), axis_of(self.axes[1], "axes", rank=other_rank)
        if 0 in found:
            raise InputError(f"axes must not name the batch, axis 0, got {self.axes}")
        return found
