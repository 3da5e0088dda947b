"""The derivatives of operations on two arrays, element by element; what was broadcast is summed up again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.ops.broadcasting import unbroadcast

#: (x1, x2, y, dy) -> (dx1, dx2), all of one type, the gradients not yet summed up.
Pair = Callable[[Array, Array, Array, Array], tuple[Array, Array]]


def _of_pair(derivative: Pair) -> Callable[..., tuple[Array, Array]]:
    def back(dy: Array, y: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
        one, other = np.asarray(x1).astype(y.dtype, copy=False), np.asarray(x2).astype(y.dtype, copy=False)
        d_one, d_other = derivative(one, other, y, dy)
        return unbroadcast(d_one, one.shape), unbroadcast(d_other, other.shape)

    return back


def _chosen(first: Callable[[Array, Array], Array]) -> Pair:
    """The gradient goes to the side that was chosen; of equals to the first, as in TensorFlow."""

    def derivative(x1: Array, x2: Array, _: Array, dy: Array) -> tuple[Array, Array]:
        wins, zero = first(x1, x2), dy.dtype.type(0)
        return np.where(wins, dy, zero), np.where(wins, zero, dy)

    return derivative


def _power(x1: Array, x2: Array, y: Array, dy: Array) -> tuple[Array, Array]:
    """dx1 = dy * x2 * x1^(x2 - 1), dx2 = dy * y * log(x1), which is 0 where x1 is not positive."""
    logarithm = np.log(np.where(x1 > 0, x1, x1.dtype.type(1)))
    return dy * x2 * np.power(x1, x2 - 1), dy * y * logarithm


def _quotient(_: Array, x2: Array, y: Array, dy: Array) -> tuple[Array, Array]:
    """dx1 = dy / x2, dx2 = -dy * y / x2."""
    part = dy / x2
    return part, -part * y


def _quotient_or_zero(_: Array, x2: Array, y: Array, dy: Array) -> tuple[Array, Array]:
    """As `_quotient`, and 0 where x2 is 0."""
    part = np.where(x2 == 0, dy.dtype.type(0), dy / np.where(x2 == 0, x2.dtype.type(1), x2))
    return part, -part * y


def _angle(x1: Array, x2: Array, _: Array, dy: Array) -> tuple[Array, Array]:
    """dx1 = dy * x2 / (x1^2 + x2^2), dx2 = -dy * x1 / (x1^2 + x2^2)."""
    part = dy / (x1 * x1 + x2 * x2)
    return part * x2, -part * x1


def where(dy: Array, _: Array, condition: Any, x1: Any, x2: Any) -> tuple[None, Array, Array]:
    """dx1 = dy where the condition holds, dx2 = dy elsewhere."""
    holds, zero = np.asarray(condition).astype(bool), dy.dtype.type(0)
    one, other = np.where(holds, dy, zero), np.where(holds, zero, dy)
    return None, unbroadcast(one, np.shape(x1)), unbroadcast(other, np.shape(x2))


_PAIRS: dict[str, Pair] = {
    "Add": lambda _x1, _x2, _y, dy: (dy, dy),
    "Subtract": lambda _x1, _x2, _y, dy: (dy, -dy),
    "Multiply": lambda x1, x2, _y, dy: (dy * x2, dy * x1),
    "Divide": _quotient,
    "TrueDivide": _quotient,
    "DivideNoNan": _quotient_or_zero,
    "Mod": lambda x1, x2, _y, dy: (dy, -dy * np.floor(x1 / x2)),
    "Power": _power,
    "Maximum": _chosen(np.greater_equal),
    "Minimum": _chosen(np.less_equal),
    "Fmax": _chosen(lambda x1, x2: (x1 >= x2) | np.isnan(x2)),
    "Fmin": _chosen(lambda x1, x2: (x1 <= x2) | np.isnan(x2)),
    "Logaddexp": lambda x1, x2, y, dy: (dy * np.exp(x1 - y), dy * np.exp(x2 - y)),
    "Arctan2": _angle,
    "Hypot": lambda x1, x2, y, dy: (dy * x1 / y, dy * x2 / y),
}

TABLE: dict[str, Callable[..., Any]] = {name: _of_pair(pair) for name, pair in _PAIRS.items()} | {"Where": where}
