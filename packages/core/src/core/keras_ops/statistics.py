"""Operations that describe many numbers by one or two: mean, variance, weighted average, median."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.keras_ops.operation import Call
from core.keras_ops.reductions import axes_in, count_in, reduction, spread
from core.keras_ops.row import NN, Row
from core.keras_ops.row_rules import of_axes
from core.keras_ops.shapes import numpy_axes, reduced, without
from core.keras_ops.sorting import work_of_sorting
from core.ops.promotion import floating


def _precise(x: Any) -> Array:
    """At least float32: half precision would lose a sum."""
    x = np.asarray(x)
    return x.astype(np.promote_types(x.dtype, np.float32) if x.dtype.kind == "f" else np.float32, copy=False)


def mean(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sum of x / count, integers as float32."""
    x = np.asarray(x)
    y = np.mean(_precise(x), axis=numpy_axes(axis), keepdims=keepdims)
    return y.astype(floating(x[:0] if x.ndim else x).dtype, copy=False)


def _mean_gradient(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = dy / count."""
    del keepdims
    return np.broadcast_to(spread(dy, x, axis) / dy.dtype.type(count_in(x, axis)), x.shape)


def variance(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = mean of (x - mean)^2, integers as float32."""
    x = np.asarray(x)
    y = np.var(_precise(x), axis=numpy_axes(axis), keepdims=keepdims)
    return y.astype(floating(x[:0] if x.ndim else x).dtype, copy=False)


def _variance_gradient(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = 2 / count * (x - mean) * dy."""
    del keepdims
    centered = x - mean(x, list(axes_in(x, axis)), keepdims=True)
    return dy.dtype.type(2 / count_in(x, axis)) * centered * spread(dy, x, axis)


def deviation(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sqrt of the variance, integers as float32."""
    return np.sqrt(variance(x, axis, keepdims))


def _deviation_gradient(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """d variance = dy / (2 y)."""
    return _variance_gradient(dy / (2 * y), y, x, axis, keepdims)


def moments(x: Array, axes: Any, keepdims: bool = False, synchronized: bool = False) -> list[Array]:
    """Mean and variance; `synchronized` concerns several machines."""
    del synchronized
    return [mean(x, axes, keepdims), variance(x, axes, keepdims)]


def _moments_gradient(
    dy: list[Array], y: list[Array], x: Array, axes: Any, keepdims: bool = False, synchronized: bool = False
) -> Array:
    """That of the mean and that of the variance together."""
    del synchronized
    return _mean_gradient(dy[0], y[0], x, axes, keepdims) + _variance_gradient(dy[1], y[1], x, axes, keepdims)


def _moments_shape(call: Call) -> list[Shape]:
    return [without(call.shape, call.options["axes"], call.options.get("keepdims"))] * 2


def average(x: Array, weights: Any = None, axis: int | None = None) -> Array:
    """y = sum of weights * x / sum of weights."""
    if weights is None:
        return np.mean(floating(x), axis=numpy_axes(axis))
    return np.average(floating(x), axis=numpy_axes(axis), weights=np.asarray(weights)).astype(floating(x).dtype)


def _average_gradient(dy: Array, y: Array, x: Array, weights: Any = None, axis: Any = None) -> Any:
    """dx = dy * w / sum of w, dw = dy * (x - y) / sum of w."""
    if weights is None:
        return _mean_gradient(dy, y, x, axis)
    w = np.asarray(weights).astype(y.dtype)
    shape = [1] * x.ndim
    if w.shape != x.shape:
        shape[axes_in(x, axis)[0]] = -1
        w = w.reshape(shape)
    axes = axes_in(x, axis)
    sums = np.sum(np.broadcast_to(w, x.shape), axis=axes, keepdims=True)
    part = spread(dy, x, axis) / sums
    d_weights = part * (x - spread(average(x, weights, axis), x, axis))
    free = tuple(position for position in range(x.ndim) if w.shape[position] == 1)
    return part * w, np.sum(d_weights, axis=free).reshape(np.shape(weights))


def median(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = the middle value, or the mean of the two in the middle."""
    x = floating(x)
    return np.asarray(np.median(x, axis=numpy_axes(axis), keepdims=keepdims)).astype(x.dtype)


ROWS = {
    "Mean": reduction(mean, _mean_gradient),
    "Var": reduction(variance, _variance_gradient),
    "Std": reduction(deviation, _deviation_gradient),
    "Moments": Row(moments, _moments_shape, _moments_gradient, of_axes("axes"), module=NN),
    "Average": reduction(average, _average_gradient),
    "Median": Row(median, reduced, None, of_axes("axis"), work_of_sorting),
}
