"""Operations that make one number of many: sums, means, extremes, along `axis` or over all.

`axis` is one axis, a list of them, or None for all; `keepdims` keeps the reduced axes with size 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.keras_ops.elementwise import floating
from core.keras_ops.shapes import reduced, without

#: Small integers are added up in a type that has room.
_ROOM = {"bool": np.int32, "int8": np.int32, "int16": np.int32, "uint8": np.uint32, "uint16": np.uint32}


def axes(axis: Any) -> Any:
    """Give a list of axes as the tuple that NumPy wants; it compares each with each, and no array has more than 64."""
    if isinstance(axis, list) and len(axis) > 64:
        raise InputError(f"axis must name 64 axes at most, got {len(axis)}")
    return tuple(axis) if isinstance(axis, list) else axis


def _roomy(x: Any) -> Array:
    x = np.asarray(x)
    return x.astype(_ROOM.get(x.dtype.name, x.dtype), copy=False)


def total(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sum of x."""
    x = _roomy(x)
    return np.sum(x, axis=axes(axis), keepdims=keepdims, dtype=x.dtype)


def product(x: Array, axis: Any = None, keepdims: bool = False, dtype: str | None = None) -> Array:
    """y = product of x."""
    x = _roomy(x) if dtype is None else np.asarray(x).astype(dtype)
    return np.prod(x, axis=axes(axis), keepdims=keepdims, dtype=x.dtype)


def _precise(x: Any) -> Array:
    """At least float32: half precision would lose a sum."""
    x = np.asarray(x)
    return x.astype(np.promote_types(x.dtype, np.float32) if x.dtype.kind == "f" else np.float32, copy=False)


def mean(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sum of x / count, integers as float32."""
    x = np.asarray(x)
    y = np.mean(_precise(x), axis=axes(axis), keepdims=keepdims)
    return y.astype(floating(x[:0] if x.ndim else x).dtype, copy=False)


def variance(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = mean of (x - mean)^2, integers as float32."""
    x = np.asarray(x)
    y = np.var(_precise(x), axis=axes(axis), keepdims=keepdims)
    return y.astype(floating(x[:0] if x.ndim else x).dtype, copy=False)


def deviation(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sqrt of the variance, integers as float32."""
    return np.sqrt(variance(x, axis, keepdims))


def moments(x: Array, axes: Any, keepdims: bool = False, synchronized: bool = False) -> list[Array]:
    """Mean and variance; `synchronized` concerns several machines."""
    del synchronized
    return [mean(x, axes, keepdims), variance(x, axes, keepdims)]


def _extreme(
    function: Callable[..., Any], join: Callable[[Array, Array], Array], of_truth: Callable[..., Any]
) -> Callable[..., Any]:
    def compute(x: Array, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Array:
        x = np.asarray(x)
        y = (of_truth if x.dtype == bool else function)(x, axis=axes(axis), keepdims=keepdims)
        return y if initial is None else join(y, np.asarray(initial).astype(x.dtype))

    compute.__doc__ = f"y = {function.__name__} of x, and of `initial` where it is given."
    return compute


def _place(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
        return np.asarray(function(x, axis=axis, keepdims=keepdims)).astype(np.int32)

    compute.__doc__ = f"y = {function.__name__} of x: the first place of it, int32."
    return compute


def _truth(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        return np.asarray(function(np.asarray(x).astype(bool), axis=axes(axis), keepdims=keepdims))

    compute.__doc__ = f"y = {function.__name__} of x, numbers as true where they are not zero."
    return compute


def count_nonzero(x: Array, axis: Any = None) -> Array:
    """y = how many are not zero, int32."""
    return np.asarray(np.count_nonzero(x, axis=axes(axis))).astype(np.int32)


def average(x: Array, weights: Any = None, axis: int | None = None) -> Array:
    """y = sum of weights * x / sum of weights."""
    if weights is None:
        return np.mean(floating(x), axis=axes(axis))
    return np.average(floating(x), axis=axes(axis), weights=np.asarray(weights)).astype(floating(x).dtype)


def log_sum_exp(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = log(sum of exp(x)), after the largest x was taken out."""
    x = np.asarray(x)
    largest = np.max(x, axis=axes(axis), keepdims=True)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    y = np.log(np.sum(np.exp(x - largest), axis=axes(axis), keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis=tuple(range(x.ndim)) if axis is None else axes(axis))


def span(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = largest - smallest."""
    return np.ptp(x, axis=axes(axis), keepdims=keepdims)


def median(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = the middle value, or the mean of the two in the middle."""
    x = floating(x)
    return np.asarray(np.median(x, axis=axes(axis), keepdims=keepdims)).astype(x.dtype)


TABLE = {
    "Sum": (total, reduced),
    "Prod": (product, reduced),
    "Mean": (mean, reduced),
    "Var": (variance, reduced),
    "Std": (deviation, reduced),
    "Max": (_extreme(np.max, np.maximum, np.any), reduced),
    "Min": (_extreme(np.min, np.minimum, np.all), reduced),
    "Amax": (_extreme(np.max, np.maximum, np.any), reduced),
    "Amin": (_extreme(np.min, np.minimum, np.all), reduced),
    "Argmax": (_place(np.argmax), reduced),
    "Argmin": (_place(np.argmin), reduced),
    "Any": (_truth(np.any), reduced),
    "All": (_truth(np.all), reduced),
    "CountNonzero": (count_nonzero, reduced),
    "Average": (average, reduced),
    "Logsumexp": (log_sum_exp, reduced),
    "Ptp": (span, reduced),
    "Median": (median, reduced),
    "Moments": (
        moments,
        lambda call: [without(call.shape, call.options["axes"], call.options.get("keepdims"))] * 2,
    ),
}
