"""Operations that choose by place or by size: taking, one-hot rows, sorting, running sums."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size, to_positions
from core.checks import axis_of, integer
from core.errors import InputError
from core.keras_ops.operation import Call
from core.keras_ops.shapes import broadcast_two, same
from core.ops.encoding import one_hot as hot_rows


def take(x: Array, indices: Any, axis: int | None = None) -> Array:
    """Take the elements at whole places; those below zero count from the end."""
    return np.take(x, to_positions(indices), axis=axis)


def take_along_axis(x: Array, indices: Any, axis: int | None = None) -> Array:
    """Take, in each line along the axis, the elements at the places of the same line of `indices`."""
    return np.take_along_axis(x, to_positions(indices).astype(np.intp, copy=False), axis)


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False) -> Array:
    """Give a row with a 1 at place x and 0 elsewhere; all 0 for a place outside."""
    if sparse:
        raise InputError("sparse tensors are not supported")
    hot = hot_rows(np.asarray(x).astype(np.int64), integer(num_classes, "num_classes"), dtype or np.float32)
    return np.moveaxis(hot, -1, axis)


def multi_hot(inputs: Any, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False) -> Array:
    """Give a row with a 1 at each place that stands in the row of x."""
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)
    return np.max(hot, axis=1 if np.ndim(inputs) > 1 else 0)


def sort(x: Array, axis: int | None = -1) -> Array:
    """Sort from small to large."""
    return np.sort(x, axis=axis)


def argsort(x: Array, axis: int | None = -1) -> Array:
    """Give the places in the order of their values, equal ones in the order in which they stand; int32."""
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


def top_k(x: Array, k: int, sorted: bool = True) -> list[Array]:  # noqa: A002  Keras' name
    """Give the k largest along the last axis and their places, the largest first; of equals, the first.

    They come sorted whatever `sorted` says, as on the CPU.
    """
    del sorted
    x = np.asarray(x)
    last = x.shape[-1] - 1
    places = last - np.argsort(np.flip(x, -1), axis=-1, kind="stable")
    chosen = np.flip(places, -1)[..., : integer(k, "k", minimum=0)].astype(np.int32)
    return [np.take_along_axis(x, chosen, -1), chosen]


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Array, axis: int | None = None, dtype: str | None = None) -> Array:
        x = np.asarray(x) if dtype is None else np.asarray(x).astype(dtype)
        x = x.astype(np.int32) if x.dtype == bool else x
        return function(x, axis=axis, dtype=x.dtype)

    compute.__doc__ = f"y = {function.__name__} of x along `axis`, or of the row of all."
    return compute


def difference(a: Array, n: int = 1, axis: int = -1) -> Array:
    """y = each element less the one before, `n` times."""
    return np.diff(a, integer(n, "n", minimum=0, maximum=64), axis)


def digitize(x: Array, bins: Any) -> Array:
    """Give the number of the bin that each value falls in, int32."""
    return np.digitize(x, np.asarray(bins, dtype=np.float32)).astype(np.int32)


def lower_triangle(x: Array, k: int = 0) -> Array:
    """Keep what lies on or below the k-th diagonal."""
    return np.tril(x, k)


def upper_triangle(x: Array, k: int = 0) -> Array:
    """Keep what lies on or above the k-th diagonal."""
    return np.triu(x, k)


def is_in(x1: Array, x2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """Say of each of x1 whether it stands in x2."""
    return np.isin(x1, x2, assume_unique=assume_unique, invert=invert)


def _taken(call: Call) -> Shape:
    x, indices = call.args
    axis = call.options.get("axis")
    places = np.shape(indices) if not hasattr(indices, "shape") else tuple(indices.shape)
    if axis is None:
        return places
    axis = axis_of(axis, "axis", rank=len(x.shape))
    return (*x.shape[:axis], *places, *x.shape[axis + 1 :])


def _taken_along(call: Call) -> Shape:
    one, other = call.shapes
    axis = call.options.get("axis")
    if axis is None:
        return other
    axis = axis_of(axis, "axis", rank=len(one))
    return broadcast_two((*one[:axis], other[axis], *one[axis + 1 :]), other)


def _hot(call: Call) -> Shape:
    shape = list(call.shape)
    place = axis_of(call.options.get("axis", -1), "axis", rank=len(shape) + 1)
    shape.insert(place, integer(call.options["num_classes"], "num_classes"))
    return tuple(shape)


def _multi_hot(call: Call) -> Shape:
    shape = _hot(call)
    return (shape[0], *shape[2:]) if len(shape) > 2 else shape[1:]


def _top(call: Call) -> list[Shape]:
    shape = call.shape
    return [(*shape[:-1], integer(call.options["k"], "k", minimum=0))] * 2


def _along(call: Call) -> Shape:
    """Keep the shape, or make one row where no axis is named."""
    shape = call.shape
    axis = call.options.get("axis", -1 if "sort" in call.function.__name__ else None)
    if axis is not None:
        return shape
    return (known_size(shape),)


def _shorter(call: Call) -> Shape:
    shape = list(call.shape)
    axis = axis_of(call.options.get("axis", -1), "axis", rank=len(shape))
    size = shape[axis]
    shape[axis] = None if size is None else max(size - integer(call.options.get("n", 1), "n", minimum=0), 0)
    return tuple(shape)


TABLE = {
    "Take": (take, _taken),
    "TakeAlongAxis": (take_along_axis, _taken_along),
    "OneHot": (one_hot, _hot),
    "MultiHot": (multi_hot, _multi_hot),
    "Sort": (sort, _along),
    "Argsort": (argsort, _along),
    "TopK": (top_k, _top),
    "Cumsum": (_running(np.cumsum), _along),
    "Cumprod": (_running(np.cumprod), _along),
    "Diff": (difference, _shorter),
    "Digitize": (digitize, same),
    "Tril": (lower_triangle, same),
    "Triu": (upper_triangle, same),
    "IsIn": (is_in, same),
}
