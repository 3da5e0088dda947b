"""The derivatives of operations that make one number of many: each of the many has its part in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import axes_of
from core.keras_ops.reductions import average, deviation, mean


def _axes(x: Array, axis: Any) -> tuple[int, ...]:
    return tuple(range(x.ndim)) if axis is None else tuple(axes_of(axis, "axis", rank=x.ndim))


def _spread(part: Array, x: Array, axis: Any) -> Array:
    """Write a reduced array with the axes of x again, those that were reduced of size 1."""
    return np.reshape(part, [1 if place in _axes(x, axis) else size for place, size in enumerate(x.shape)])


def _count(x: Array, axis: Any) -> int:
    return int(np.prod([x.shape[place] for place in _axes(x, axis)]))


def total(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = dy."""
    del keepdims
    return np.broadcast_to(_spread(dy, x, axis), x.shape)


def mean_back(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = dy / count."""
    return total(dy, _, x, axis, keepdims) / dy.dtype.type(_count(x, axis))


def variance(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = 2 / count * (x - mean) * dy."""
    del keepdims
    centred = x - mean(x, list(_axes(x, axis)), keepdims=True)
    return dy.dtype.type(2 / _count(x, axis)) * centred * _spread(dy, x, axis)


def deviation_back(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sqrt(variance), so d variance = dy / (2 y)."""
    y = deviation(x, list(_axes(x, axis)), keepdims)
    return variance(dy / (2 * y), _, x, axis)


def product(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False, dtype: str | None = None) -> Array:
    """dx_i = dy * product of the others: of all before and all after it, so that a zero needs no division."""
    del keepdims, dtype
    axes = _axes(x, axis)
    order = [*(place for place in range(x.ndim) if place not in axes), *axes]
    laid = x.transpose(order)
    row = laid.reshape(*laid.shape[: x.ndim - len(axes)], -1)
    one = np.ones_like(row[..., :1])
    before = np.cumprod(np.concatenate([one, row[..., :-1]], axis=-1), axis=-1)
    after = np.flip(np.cumprod(np.concatenate([one, np.flip(row, -1)[..., :-1]], axis=-1), axis=-1), -1)
    others = (before * after).reshape(laid.shape).transpose(np.argsort(order))
    return others * _spread(dy, x, axis)


def extreme(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Array:
    """dx = dy where x is the extreme, in equal parts where several are."""
    del keepdims, initial
    found = x == _spread(y, x, axis)
    count = np.maximum(np.sum(found, axis=_axes(x, axis), keepdims=True, dtype=dy.dtype), 1)
    return found * (_spread(dy, x, axis) / count)


def average_back(dy: Array, y: Array, x: Array, weights: Any = None, axis: Any = None) -> Any:
    """dx = dy * w / sum of w, dw = dy * (x - y) / sum of w."""
    if weights is None:
        return mean_back(dy, y, x, axis)
    w = np.asarray(weights).astype(y.dtype)
    shape = [1] * x.ndim
    if w.shape != x.shape:
        shape[_axes(x, axis)[0]] = -1
        w = w.reshape(shape)
    axes = _axes(x, axis)
    sums = np.sum(np.broadcast_to(w, x.shape), axis=axes, keepdims=True)
    part = _spread(dy, x, axis) / sums
    d_weights = part * (x - _spread(average(x, weights, axis), x, axis))
    free = tuple(place for place in range(x.ndim) if w.shape[place] == 1)
    return part * w, np.sum(d_weights, axis=free).reshape(np.shape(weights))


def log_sum_exp(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = dy * exp(x - y)."""
    del keepdims
    return _spread(dy, x, axis) * np.exp(x - _spread(y, x, axis))


def span(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """That of the largest less that of the smallest."""
    del keepdims
    axes = _axes(x, axis)
    return extreme(dy, np.max(x, axis=axes), x, axis) - extreme(dy, np.min(x, axis=axes), x, axis)


def moments(
    dy: list[Array], y: list[Array], x: Array, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> Array:
    """That of the mean and that of the variance together."""
    del synchronized
    return mean_back(dy[0], y[0], x, axes, keepdims) + variance(dy[1], y[1], x, axes, keepdims)


TABLE: dict[str, Callable[..., Any]] = {
    "Sum": total,
    "Mean": mean_back,
    "Var": variance,
    "Std": deviation_back,
    "Prod": product,
    **dict.fromkeys(("Max", "Min", "Amax", "Amin"), extreme),
    "Average": average_back,
    "Logsumexp": log_sum_exp,
    "Ptp": span,
    "Moments": moments,
}
