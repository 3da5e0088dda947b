"""Operations that look at the same numbers in another way: other axes, another shape, a part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of, integer
from core.errors import InputError
from core.keras_ops.operation import Call, Symbol
from core.keras_ops.reductions import axes
from core.keras_ops.shapes import same, view
from core.layers.reshaping.reshape import reshaped

#: Parts that an axis may be taken apart in: more would be a list too long to write, and no network has them.
MOST_PARTS = 2**14


def reshape(x: Array, newshape: Any) -> Array:
    """Write the numbers under another shape; one size may be -1."""
    return np.reshape(x, _sizes(newshape))


def _sizes(shape: Any) -> tuple[int, ...]:
    given = shape if isinstance(shape, list | tuple) else [shape]
    return tuple(integer(size, "shape", minimum=-1) for size in given)


def _reshaped(call: Call) -> Shape:
    return reshaped(call.shape, _sizes(call.options["newshape"] if len(call.args) < 2 else call.args[1]))


def transpose(x: Array, axes: Any = None) -> Array:
    """Put the axes in another order; without one, in the opposite order."""
    return np.transpose(x, axes or None)


def expand_dims(x: Array, axis: Any) -> Array:
    """Put in axes of size 1."""
    return np.expand_dims(x, axes(axis))


def squeeze(x: Array, axis: Any = None) -> Array:
    """Leave out axes of size 1."""
    return np.squeeze(x, axes(axis))


def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Swap two axes."""
    return np.swapaxes(x, axis1, axis2)


def moveaxis(x: Array, source: Any, destination: Any) -> Array:
    """Move axes to other places."""
    return np.moveaxis(x, source, destination)


def broadcast_to(x: Array, shape: Any) -> Array:
    """Repeat along axes of size 1."""
    return np.broadcast_to(x, tuple(shape))


def flip(x: Array, axis: Any = None) -> Array:
    """Turn axes round."""
    return np.flip(x, axes(axis))


def rot90(array: Array, k: int = 1, axes: Any = (0, 1)) -> Array:
    """Turn by k quarters in the plane of two axes."""
    return np.rot90(array, k, tuple(axes))


def ravel(x: Array) -> Array:
    """Write all numbers in one row."""
    return np.reshape(x, -1)


def diagonal(x: Array, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Take the diagonal of two axes; it becomes the last axis."""
    return np.diagonal(x, offset, axis1, axis2)


def split(x: Array, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Cut in equal parts, or at the given places."""
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
    return [np.take(x, place, axis=axis) for place in range(np.shape(x)[axis])]


def _unstacked(call: Call) -> Any:
    shape = call.shape
    axis = axis_of(call.options.get("axis", 0), "axis", rank=len(shape))
    count = shape[axis] if shape[axis] is not None else call.options.get("num")
    return [(*shape[:axis], *shape[axis + 1 :])] * integer(count, "num", maximum=MOST_PARTS)


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


def _item(call: Call) -> Any:
    """Index a stand-in; an index that is a tensor takes one place, so it may as well be 0."""
    x, key = call.args
    parts = key if isinstance(key, list | tuple) else [key]
    return view(
        replace(call, args=(x, [0 if isinstance(part, Symbol) and part.shape == () else part for part in parts]))
    )


TABLE = {
    "Reshape": (reshape, _reshaped),
    "Transpose": (transpose, view),
    "ExpandDims": (expand_dims, view),
    "Squeeze": (squeeze, view),
    "Swapaxes": (swapaxes, view),
    "Moveaxis": (moveaxis, view),
    "BroadcastTo": (broadcast_to, lambda call: _sizes(call.options["shape"])),
    "Flip": (flip, same),
    "Fliplr": (lambda x: np.flip(x, 1), same),
    "Flipud": (lambda x: np.flip(x, 0), same),
    "Rot90": (rot90, view),
    "Ravel": (ravel, view),
    "Diagonal": (diagonal, view),
    "Split": (split, _split_shapes),
    "ArraySplit": (array_split, _split_shapes),
    "Unstack": (unstack, _unstacked),
    "GetItem": (get_item, _item),
}
