"""Operations that make one number of many: sums, products, extremes, along `axis` or over all.

`axis` is one axis, a list of them, or None for all; `keepdims` keeps the reduced axes with size 1. In a gradient, each of the
many has its part in the one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import axes_of
from core.keras_ops.row import MATH, NUMPY, Gradient, Row, flat
from core.keras_ops.row_rules import of_axes
from core.keras_ops.shapes import numpy_axes, reduced
from core.ops.pooling import extreme_gradient

#: Small integers are added up in a type that has room.
_ROOM = {"bool": np.int32, "int8": np.int32, "int16": np.int32, "uint8": np.uint32, "uint16": np.uint32}


def _roomy(x: Any) -> Array:
    x = np.asarray(x)
    return x.astype(_ROOM.get(x.dtype.name, x.dtype), copy=False)


def axes_in(x: Array, axis: Any) -> tuple[int, ...]:
    """Return the axes that are reduced."""
    return tuple(range(x.ndim)) if axis is None else tuple(axes_of(axis, "axis", rank=x.ndim))


def spread(part: Array, x: Array, axis: Any) -> Array:
    """Write a reduced array with the axes of x again, those that were reduced of size 1."""
    return np.reshape(part, [1 if position in axes_in(x, axis) else size for position, size in enumerate(x.shape)])


def count_in(x: Array, axis: Any) -> int:
    """Count the numbers that become one."""
    return int(np.prod([x.shape[position] for position in axes_in(x, axis)]))


def total(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = sum of x."""
    x = _roomy(x)
    return np.sum(x, axis=numpy_axes(axis), keepdims=keepdims, dtype=x.dtype)


def _total_gradient(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = dy."""
    del keepdims
    return np.broadcast_to(spread(dy, x, axis), x.shape)


def product(x: Array, axis: Any = None, keepdims: bool = False, dtype: str | None = None) -> Array:
    """y = product of x."""
    x = _roomy(x) if dtype is None else np.asarray(x).astype(dtype)
    return np.prod(x, axis=numpy_axes(axis), keepdims=keepdims, dtype=x.dtype)


def _product_gradient(
    dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False, dtype: str | None = None
) -> Array:
    """dx_i = dy * product of the others: of all before and all after it, so that a zero needs no division."""
    del keepdims, dtype
    axes = axes_in(x, axis)
    order = [*(position for position in range(x.ndim) if position not in axes), *axes]
    laid = x.transpose(order)
    row = laid.reshape(*laid.shape[: x.ndim - len(axes)], -1)
    one = np.ones_like(row[..., :1])
    before = np.cumprod(np.concatenate([one, row[..., :-1]], axis=-1), axis=-1)
    after = np.flip(np.cumprod(np.concatenate([one, np.flip(row, -1)[..., :-1]], axis=-1), axis=-1), -1)
    others = (before * after).reshape(laid.shape).transpose(np.argsort(order))
    return others * spread(dy, x, axis)


def _extreme(
    function: Callable[..., Any], join: Callable[[Array, Array], Array], of_truth: Callable[..., Any]
) -> Callable[..., Any]:
    def compute(x: Array, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Array:
        x = np.asarray(x)
        y = (of_truth if x.dtype == bool else function)(x, axis=numpy_axes(axis), keepdims=keepdims)
        return y if initial is None else join(y, np.asarray(initial).astype(x.dtype))

    compute.__doc__ = f"y = {function.__name__} of x, and of `initial` where it is given."
    return compute


def _extreme_gradient(
    dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False, initial: Any = None
) -> Array:
    """dx = dy where x is the extreme, in equal parts where several are."""
    del keepdims, initial
    return extreme_gradient(x, spread(y, x, axis), spread(dy, x, axis), axes_in(x, axis))


def _position(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Array, axis: int | None = None, keepdims: bool = False) -> Array:
        return np.asarray(function(x, axis=axis, keepdims=keepdims)).astype(np.int32)

    compute.__doc__ = f"y = {function.__name__} of x: the first position of it, int32."
    return compute


def _truth(function: Callable[..., Any]) -> Callable[..., Any]:
    def compute(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
        return np.asarray(function(np.asarray(x).astype(bool), axis=numpy_axes(axis), keepdims=keepdims))

    compute.__doc__ = f"y = {function.__name__} of x, numbers as true where they are not zero."
    return compute


def count_nonzero(x: Array, axis: Any = None) -> Array:
    """y = how many are not zero, int32."""
    return np.asarray(np.count_nonzero(x, axis=numpy_axes(axis))).astype(np.int32)


def log_sum_exp(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = log(sum of exp(x)), after the largest x was taken out."""
    x = np.asarray(x)
    largest = np.max(x, axis=numpy_axes(axis), keepdims=True)
    largest = np.where(np.isfinite(largest), largest, x.dtype.type(0))
    y = np.log(np.sum(np.exp(x - largest), axis=numpy_axes(axis), keepdims=True)) + largest
    return y if keepdims else np.squeeze(y, axis=tuple(range(x.ndim)) if axis is None else numpy_axes(axis))


def _log_sum_exp_gradient(dy: Array, y: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """dx = dy * exp(x - y)."""
    del keepdims
    return spread(dy, x, axis) * np.exp(x - spread(y, x, axis))


def span(x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """y = largest - smallest."""
    return np.ptp(x, axis=numpy_axes(axis), keepdims=keepdims)


def _span_gradient(dy: Array, _: Array, x: Array, axis: Any = None, keepdims: bool = False) -> Array:
    """That of the largest less that of the smallest."""
    del keepdims
    axes = axes_in(x, axis)
    return _extreme_gradient(dy, np.max(x, axis=axes), x, axis) - _extreme_gradient(dy, np.min(x, axis=axes), x, axis)


def reduction(function: Callable[..., Any], gradient: Gradient = flat, module: str = NUMPY) -> Row:
    """Return the row of a function that reduces `axis`."""
    return Row(function, reduced, gradient, of_axes("axis"), module=module)


ROWS = {
    "Sum": reduction(total, _total_gradient),
    "Prod": reduction(product, _product_gradient),
    **dict.fromkeys(("Max", "Amax"), reduction(_extreme(np.max, np.maximum, np.any), _extreme_gradient)),
    **dict.fromkeys(("Min", "Amin"), reduction(_extreme(np.min, np.minimum, np.all), _extreme_gradient)),
    "Argmax": reduction(_position(np.argmax)),
    "Argmin": reduction(_position(np.argmin)),
    "Any": reduction(_truth(np.any)),
    "All": reduction(_truth(np.all)),
    "CountNonzero": reduction(count_nonzero),
    "Logsumexp": reduction(log_sum_exp, _log_sum_exp_gradient, MATH),
    "Ptp": reduction(span, _span_gradient),
}
