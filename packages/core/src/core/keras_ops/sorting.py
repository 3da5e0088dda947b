"""Operations that sort, or run along an axis: each number depends on those before it, or on its position in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import axis_of, integer
from core.keras_ops.operation import Call
from core.keras_ops.row import MATH, SORTED, Row, flat
from core.keras_ops.row_rules import above_rank, of_axes
from core.layers.work import Work, numbers_in


def sort(x: Array, axis: int | None = -1) -> Array:
    """Sort from small to large."""
    return np.sort(x, axis=axis)


def _sort_gradient(dy: Array, _: Array, x: Array, axis: int | None = -1) -> Array:
    """Each gradient goes to the position that its number was sorted from."""
    if axis is None:
        return _sort_gradient(dy, _, x.reshape(-1)).reshape(x.shape)
    dx = np.zeros_like(x)
    np.put_along_axis(dx, np.argsort(x, axis=axis, kind="stable"), dy, axis)
    return dx


def argsort(x: Array, axis: int | None = -1) -> Array:
    """Return the positions in the order of their values, equal ones in the order in which they stand; int32."""
    return np.argsort(x, axis=axis, kind="stable").astype(np.int32)


def top_k(x: Array, k: int, sorted: bool = True) -> list[Array]:  # noqa: A002  Keras' name
    """Return the k largest along the last axis and their positions, the largest first; of equals, the first.

    They come sorted whatever `sorted` says, as on the CPU.
    """
    del sorted
    x = np.asarray(x)
    last = x.shape[-1] - 1
    positions = last - np.argsort(np.flip(x, -1), axis=-1, kind="stable")
    chosen = np.flip(positions, -1)[..., : integer(k, "k", minimum=0)].astype(np.int32)
    return [np.take_along_axis(x, chosen, -1), chosen]


def _top_k_gradient(dy: list[Array], y: list[Array], x: Array, *args: Any, **options: Any) -> Array:
    """The gradients of the chosen go to their positions; the positions themselves have none."""
    del args, options
    dx = np.zeros_like(x)
    np.put_along_axis(dx, y[1].astype(np.intp), dy[0], -1)
    return dx


def _top_k_shape(call: Call) -> list[Shape]:
    shape = call.shape
    return [(*shape[:-1], integer(call.options["k"], "k", minimum=0))] * 2


def _running(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Array, axis: int | None = None, dtype: str | None = None) -> Array:
        x = np.asarray(x) if dtype is None else np.asarray(x).astype(dtype)
        x = x.astype(np.int32) if x.dtype == bool else x
        return function(x, axis=axis, dtype=x.dtype)

    compute.__doc__ = f"y = {function.__name__} of x along `axis`, or of the row of all."
    return compute


def _from_behind(x: Array, axis: int) -> Array:
    """Add up from the end."""
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis)


def _running_sum_gradient(dy: Array, _: Array, x: Array, axis: int | None = None, dtype: str | None = None) -> Array:
    """dx_i = dy_i + dy_(i+1) + ...: what comes after holds x_i as well."""
    del dtype
    return _from_behind(dy, 0).reshape(x.shape) if axis is None else _from_behind(dy, axis)


def _running_product_gradient(
    dy: Array, y: Array, x: Array, axis: int | None = None, dtype: str | None = None
) -> Array:
    """dx_i = (dy_i * y_i + dy_(i+1) * y_(i+1) + ...) / x_i."""
    del dtype
    if axis is None:
        return _from_behind(dy * y, 0).reshape(x.shape) / x
    return _from_behind(dy * y, axis) / x


def _along_shape(call: Call) -> Shape:
    """Keep the shape, or make one row where no axis is named."""
    shape = call.shape
    axis = call.options.get("axis", -1 if "sort" in call.function.__name__ else None)
    if axis is not None:
        return shape
    return (known_size(shape),)


def difference(a: Array, n: int = 1, axis: int = -1) -> Array:
    """y = each element less the one before, `n` times."""
    return np.diff(a, integer(n, "n", minimum=0, maximum=64), axis)


def _difference_gradient(dy: Array, _: Array, a: Array, n: int = 1, axis: int = -1) -> Array:
    """Of y_i = x_(i+1) - x_i: dx_i = dy_(i-1) - dy_i, `n` times."""
    border = [(0, 0)] * a.ndim
    border[axis] = (1, 1)
    for _again in range(n):
        dy = -np.diff(np.pad(dy, border), axis=axis)
    return dy


def _difference_shape(call: Call) -> Shape:
    shape = list(call.shape)
    axis = axis_of(call.options.get("axis", -1), "axis", rank=len(shape))
    size = shape[axis]
    shape[axis] = None if size is None else max(size - integer(call.options.get("n", 1), "n", minimum=0), 0)
    return tuple(shape)


def _work_of_difference(call: Call, result: Any) -> Work:
    del result
    return Work(numbers_in([call.shape]) * integer(call.options.get("n", 1), "n", minimum=0))


def work_of_sorting(call: Call, result: Any) -> Work:
    """Return the work of sorting all numbers."""
    del result
    count = numbers_in(call.shapes)
    return Work(count * SORTED * count.bit_length(), 16 * count)


_AXIS = of_axes("axis")
ROWS = {
    "Sort": Row(sort, _along_shape, _sort_gradient, _AXIS, work_of_sorting),
    "Argsort": Row(argsort, _along_shape, flat, _AXIS, work_of_sorting),
    "TopK": Row(top_k, _top_k_shape, _top_k_gradient, above_rank(1), work_of_sorting, MATH),
    "Cumsum": Row(_running(np.cumsum), _along_shape, _running_sum_gradient, _AXIS),
    "Cumprod": Row(_running(np.cumprod), _along_shape, _running_product_gradient, _AXIS),
    "Diff": Row(difference, _difference_shape, _difference_gradient, _AXIS, _work_of_difference),
}
