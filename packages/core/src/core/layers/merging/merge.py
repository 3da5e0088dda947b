"""What all merging layers share: a list of tensors comes in, broadcast against each other, and masks join."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.broadcasting import unbroadcast

#: From the gradient of the output to that of each input, before what was broadcast is summed.
MergeBackward: TypeAlias = Callable[[Array], list[Array]]


class Merge(Layer):
    """y = a function of several tensors whose shapes broadcast; those of lower rank get axes of size 1 after the batch.

    Source: https://keras.io/api/layers/merging_layers/
    """

    supports_masking = True

    def build(self, input_shapes: Any) -> None:
        """Check that there are tensors, and that they fit together."""
        self.compute_output_shape(input_shapes)

    def compute_output_shape(self, input_shapes: Any) -> Shape:
        """Broadcast the shapes behind the batch."""
        shapes = shapes_in(input_shapes)
        batches = {shape[0] for shape in shapes} - {None}
        if len(batches) > 1:
            raise InputError(
                f"tensors of different batches cannot be merged: {[show_shape(shape) for shape in shapes]}"
            )
        return (next(iter(batches), None), *reduce(_broadcast, (shape[1:] for shape in shapes)))

    def call_with_backward(self, inputs: Sequence[Array], *, mask: Any = None) -> tuple[Array, Backward]:
        """Bring all to the same rank and merge them; backward sums over what was broadcast."""
        shapes, rank = [x.shape for x in inputs], max(x.ndim for x in inputs)
        if any(len(shape) != rank for shape in shapes):
            inputs = [np.expand_dims(x, tuple(range(1, rank - x.ndim + 1))) for x in inputs]
            mask = None  # Keras' reshaped tensors carry none
        given = [None] * len(inputs) if mask is None else mask
        wide = [x.shape for x in inputs]
        y, merge_backward = self.merge(list(inputs), [_spread(one, x) for one, x in zip(given, inputs, strict=True)])

        def backward(dy: Array) -> tuple[list[Array], Gradients]:
            found = zip(merge_backward(dy), wide, shapes, strict=True)
            return [unbroadcast(dx, spread).reshape(shape) for dx, spread, shape in found], {}

        return y, backward

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Compute the output from tensors of one rank, each with its mask in its own shape or None.

        Backward returns the gradient of each, in the shape of the output.
        """
        raise NotImplementedError

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """Masked only where all are masked; no mask where one tensor has none."""
        del inputs
        if mask is None or any(one is None for one in mask):
            return None
        return reduce(np.logical_or, mask)


def shapes_in(nest: Any) -> list[Shape]:
    """Return the shapes in a list of shapes; anything else is an error."""
    if not isinstance(nest, list | tuple) or not nest or not all(isinstance(shape, tuple | list) for shape in nest):
        raise InputError(f"expects a list of tensors, got one of shape {nest!r}")
    if any(not shape for shape in nest):
        raise InputError("expects tensors with a batch axis, got a scalar")
    return [tuple(shape) for shape in nest]


def _spread(mask: Array | None, x: Array) -> Array | None:
    """Repeat a mask of (batch, time) along the features."""
    if mask is None:
        return None
    try:
        return np.broadcast_to(mask[..., None], x.shape)
    except ValueError as error:
        raise InputError(f"a mask of shape {mask.shape} does not fit a tensor of shape {x.shape}") from error


def _broadcast(one: Shape, other: Shape) -> Shape:
    """Broadcast two shapes from the right; None where a size is not known."""
    if len(one) < len(other):
        one, other = other, one
    result = list(one[: len(one) - len(other)])
    for a, b in zip(one[len(one) - len(other) :], other, strict=True):
        if a is None or b is None:
            result.append(None)
        elif 1 in (a, b) or a == b:
            result.append(b if a == 1 else a)
        else:
            raise InputError(f"shapes {show_shape(one)} and {show_shape(other)} do not fit together")
    return tuple(result)
