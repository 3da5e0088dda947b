"""Operations that take a part of an array: by index, in pieces, a diagonal or a triangle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from core.arrays import Array, Shape, to_positions
from core.checks import axis_of, integer
from core.errors import InputError
from core.keras_ops.moving import of_one
from core.keras_ops.operation import Call
from core.keras_ops.row import CORE, Row
from core.keras_ops.row_rules import Arguments, above_rank, along_axis_of_tensors, names_rows, of_axes, rank, tensors
from core.keras_ops.shapes import broadcast_two, same, view
from core.layers.calls import Symbol

#: Parts that an axis may be taken apart in: more would be a list too long to write, and no network has them.
MOST_PARTS = 2**14


def get_item(x: Array, key: Any) -> Array:
    """Index as in Python: whole numbers, slices, an ellipsis, None for a new axis."""
    return np.asarray(x)[_key(key)]


def _key(key: Any) -> Any:
    parts = tuple(key) if isinstance(key, list | tuple) else (key,)
    for part in parts:
        plain = part is None or part is Ellipsis or (isinstance(part, int) and not isinstance(part, bool))
        number = isinstance(part, np.ndarray) and part.ndim == 0 and part.dtype.kind in "iu"
        if not plain and not number and not _is_plain_slice(part):
            raise InputError(f"an index must be a whole number, a slice, an ellipsis or None, got {part!r}")
    return parts


def _is_plain_slice(part: Any) -> bool:
    return isinstance(part, slice) and all(
        bound is None or (isinstance(bound, int) and not isinstance(bound, bool))
        for bound in (part.start, part.stop, part.step)
    )


def _item_shape(call: Call) -> Any:
    """Index a stand-in; an index that is a tensor takes one position, so it may as well be 0."""
    x, key = call.args
    parts = key if isinstance(key, list | tuple) else [key]
    return view(
        replace(call, args=(x, [0 if isinstance(part, Symbol) and part.shape == () else part for part in parts]))
    )


def _item_rows(given: Arguments) -> bool:
    """The first index takes all rows: ``x[:, ...]``, or ``x[..., i]`` that leaves the batch out."""
    key = given["key"] if isinstance(given["key"], list | tuple) else [given["key"]]
    if len(tensors(given)) != 1 or not key:
        return False
    if key[0] is Ellipsis:
        return sum(part is not None for part in key[1:]) < rank(given)
    return isinstance(key[0], slice) and key[0] == slice(None)


def take(x: Array, indices: Any, axis: int | None = None) -> Array:
    """Take the elements at whole positions; those below zero count from the end."""
    return np.take(x, to_positions(indices), axis=axis)


def _taken_shape(call: Call) -> Shape:
    x, indices = call.args
    axis = call.options.get("axis")
    positions = np.shape(indices) if not hasattr(indices, "shape") else tuple(indices.shape)
    if axis is None:
        return positions
    axis = axis_of(axis, "axis", rank=len(x.shape))
    return (*x.shape[:axis], *positions, *x.shape[axis + 1 :])


def _taken_rows(given: Arguments) -> bool:
    """Take the same from every row, or rows of a constant table."""
    x, indices, axis = given["x"], given["indices"], given["axis"]
    if isinstance(x, Symbol) and isinstance(indices, Symbol):
        return False
    if isinstance(x, Symbol):
        return not names_rows(axis, x.ndim)
    return axis == 0


def take_along_axis(x: Array, indices: Any, axis: int | None = None) -> Array:
    """Take, in each line along the axis, the elements at the positions of the same line of `indices`."""
    return np.take_along_axis(x, to_positions(indices).astype(np.intp, copy=False), axis)


def _taken_along_shape(call: Call) -> Shape:
    one, other = call.shapes
    axis = call.options.get("axis")
    if axis is None:
        return other
    axis = axis_of(axis, "axis", rank=len(one))
    return broadcast_two((*one[:axis], other[axis], *one[axis + 1 :]), other)


def split(x: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Cut in equal parts, or at the given positions."""
    return list(np.split(x, indices_or_sections, axis))


def array_split(x: Array, indices_or_sections: int, axis: int = 0) -> list[Array]:
    """Cut in parts as equal as can be."""
    return list(np.array_split(x, indices_or_sections, axis))


def _split_shapes(call: Call) -> Any:
    """Cut a stand-in of the same shape; along an unknown size, equal parts are unknown."""
    shape = call.shape
    axis = axis_of(call.options.get("axis", 0), "axis", rank=len(shape))
    sections, size = call.options["indices_or_sections"], shape[axis]
    if not isinstance(sections, int):
        if isinstance(sections, list | tuple) and len(sections) >= MOST_PARTS:
            raise InputError(f"indices_or_sections must list fewer than {MOST_PARTS} positions, got {len(sections)}")
        return view(call)
    count = integer(sections, "indices_or_sections", maximum=MOST_PARTS)
    if size is None:
        return [shape] * count
    if size % count and call.function is split:
        raise InputError(f"an axis of {size} cannot be cut in {count} equal parts")
    larger = size % count
    parts = [size // count + 1] * larger + [size // count] * (count - larger)
    return [(*shape[:axis], part, *shape[axis + 1 :]) for part in parts]


def unstack(x: Array, num: int | None = None, axis: int = 0) -> list[Array]:
    """Take an axis apart, in `num` parts where its size is not known before."""
    if num is not None and num != np.shape(x)[axis]:
        raise InputError(f"num={num} parts are announced, but axis {axis} has {np.shape(x)[axis]}")
    return [np.take(x, position, axis=axis) for position in range(np.shape(x)[axis])]


def _unstacked_shapes(call: Call) -> Any:
    shape = call.shape
    axis = axis_of(call.options.get("axis", 0), "axis", rank=len(shape))
    count = shape[axis] if shape[axis] is not None else call.options.get("num")
    return [(*shape[:axis], *shape[axis + 1 :])] * integer(count, "num", maximum=MOST_PARTS)


def diagonal(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Take the diagonal of two axes; it becomes the last axis."""
    return np.diagonal(x, offset, axis1, axis2)


def lower_triangle(x: Array, k: int = 0) -> Array:
    """Keep what lies on or below the k-th diagonal."""
    return np.tril(x, k)


def upper_triangle(x: Array, k: int = 0) -> Array:
    """Keep what lies on or above the k-th diagonal."""
    return np.triu(x, k)


def _triangle_gradient(function: Callable[..., Array]) -> Callable[..., Array]:
    """The gradient is cut as the numbers were."""

    def back(dy: Array, _: Array, x: Array, k: int = 0) -> Array:
        del x
        return function(dy, k)

    return back


ROWS = {
    "GetItem": Row(get_item, _item_shape, of_one(get_item), _item_rows),
    "Take": Row(take, _taken_shape, of_one(take), _taken_rows),
    "TakeAlongAxis": Row(take_along_axis, _taken_along_shape, of_one(take_along_axis), along_axis_of_tensors),
    "Split": Row(split, _split_shapes, of_one(split), of_axes("axis")),
    "ArraySplit": Row(array_split, _split_shapes, of_one(array_split), of_axes("axis")),
    "Unstack": Row(unstack, _unstacked_shapes, of_one(unstack), of_axes("axis"), module=CORE),
    "Diagonal": Row(diagonal, view, of_one(diagonal), of_axes("axis1", "axis2")),
    "Tril": Row(lower_triangle, same, _triangle_gradient(np.tril), above_rank(2)),
    "Triu": Row(upper_triangle, same, _triangle_gradient(np.triu), above_rank(2)),
}
