"""The derivatives of sorting, running sums and triangles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array


def sort(dy: Array, _: Array, x: Array, axis: int | None = -1) -> Array:
    """Each gradient goes to the place that its number was sorted from."""
    if axis is None:
        return sort(dy, _, x.reshape(-1)).reshape(x.shape)
    dx = np.zeros_like(x)
    np.put_along_axis(dx, np.argsort(x, axis=axis, kind="stable"), dy, axis)
    return dx


def top_k(dy: list[Array], y: list[Array], x: Array, *args: Any, **options: Any) -> Array:
    """The gradients of the chosen go to their places; the places themselves have none."""
    del args, options
    dx = np.zeros_like(x)
    np.put_along_axis(dx, y[1].astype(np.intp), dy[0], -1)
    return dx


def _from_behind(x: Array, axis: int) -> Array:
    """Add up from the end."""
    return np.flip(np.cumsum(np.flip(x, axis), axis), axis)


def running_sum(dy: Array, _: Array, x: Array, axis: int | None = None, dtype: str | None = None) -> Array:
    """dx_i = dy_i + dy_(i+1) + ...: what comes after holds x_i as well."""
    del dtype
    return _from_behind(dy, 0).reshape(x.shape) if axis is None else _from_behind(dy, axis)


def running_product(dy: Array, y: Array, x: Array, axis: int | None = None, dtype: str | None = None) -> Array:
    """dx_i = (dy_i * y_i + dy_(i+1) * y_(i+1) + ...) / x_i."""
    del dtype
    if axis is None:
        return _from_behind(dy * y, 0).reshape(x.shape) / x
    return _from_behind(dy * y, axis) / x


def difference(dy: Array, _: Array, a: Array, n: int = 1, axis: int = -1) -> Array:
    """Of y_i = x_(i+1) - x_i: dx_i = dy_(i-1) - dy_i, `n` times."""
    border = [(0, 0)] * a.ndim
    border[axis] = (1, 1)
    for _again in range(n):
        dy = -np.diff(np.pad(dy, border), axis=axis)
    return dy


def _triangle(function: Callable[..., Array]) -> Callable[..., Array]:
    """The gradient is cut as the numbers were."""

    def back(dy: Array, _: Array, x: Array, k: int = 0) -> Array:
        del x
        return function(dy, k)

    return back


TABLE: dict[str, Callable[..., Any]] = {
    "Sort": sort,
    "TopK": top_k,
    "Cumsum": running_sum,
    "Cumprod": running_product,
    "Diff": difference,
    "Tril": _triangle(np.tril),
    "Triu": _triangle(np.triu),
}
