"""Concatenating puts tensors side by side along one axis."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.checks import axis_of, integer
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.layers.merging.merge import shapes_in
from core.ops.promotion import together


class Concatenate(Layer):
    """(..., a, ...), (..., b, ...) -> (..., a + b, ...) along `axis`; all other sizes must be equal.

    The mask is true where any of the features side by side is unmasked.
    Source: https://keras.io/api/layers/merging_layers/concatenate/
    """

    supports_masking = True

    def __init__(self, axis: int = -1, **common: Any) -> None:
        super().__init__(**common)
        self.axis = integer(axis, "axis", minimum=-64, maximum=64)  # NumPy's largest number of axes

    def build(self, input_shapes: Any) -> None:
        """Check that the tensors fit."""
        self.compute_output_shape(input_shapes)

    def compute_output_shape(self, input_shapes: Any) -> Shape:
        """Add up the sizes along the axis."""
        return joined_shape(shapes_in(input_shapes), self.axis)

    def call_with_backward(self, inputs: Sequence[Array]) -> tuple[Array, Backward]:
        """Put the tensors side by side; dy is cut where they met."""
        sizes = [x.shape[self.axis] for x in inputs]
        y = np.concatenate(together(*inputs), axis=self.axis)
        return y, lambda dy: (np.split(dy, np.cumsum(sizes)[:-1], axis=self.axis), {})

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Join the masks along the axis, a missing one counting as all true."""
        if mask is None or all(one is None for one in mask):
            return None
        full = [
            np.ones(x.shape, bool) if one is None
            else np.broadcast_to(one[..., None], x.shape) if one.ndim < x.ndim
            else one
            for x, one in zip(inputs, mask, strict=True)
        ]  # fmt: skip
        return np.any(np.concatenate(full, axis=self.axis), axis=-1)


def joined_shape(shapes: list[Shape], axis: int) -> Shape:
    """Return the shape of tensors put side by side; None where a size is not known."""
    rank = len(shapes[0])
    axis = axis_of(axis, "axis", rank=rank)
    result: list[int | None] = []
    for position in range(rank):
        sizes = [shape[position] for shape in shapes if len(shape) == rank]
        known = {size for size in sizes if size is not None}
        if len(sizes) < len(shapes) or (position != axis and len(known) > 1):
            raise InputError(
                f"tensors of shapes {[show_shape(shape) for shape in shapes]} cannot be put side by side along {axis}"
            )
        if position == axis:
            result.append(None if None in sizes else sum(size for size in sizes if size is not None))
        else:
            result.append(next(iter(known), None))
    return tuple(result)
