"""Operations on two arrays, element by element: arithmetic, comparison, logic. Types meet by Keras' rules.

In a gradient, what was broadcast is summed up again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.keras_ops.row import Row, flat
from core.keras_ops.row_rules import elementwise
from core.keras_ops.shapes import broadcast
from core.ops.broadcasting import unbroadcast
from core.ops.promotion import result_type, together

#: (dy, y, x1, x2) -> (dx1, dx2), all of one type, not yet summed up.
Derivative = Callable[[Array, Array, Array, Array], tuple[Array, Array]]


def _row(function: Callable[..., Array], derivative: Derivative | None = None) -> Row:
    """Return the row of a function of x1 and x2; without a derivative it is flat."""

    def gradient(dy: Array, y: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
        assert derivative is not None
        one, other = np.asarray(x1).astype(y.dtype, copy=False), np.asarray(x2).astype(y.dtype, copy=False)
        d_one, d_other = derivative(dy, y, one, other)
        return unbroadcast(d_one, one.shape), unbroadcast(d_other, other.shape)

    return Row(function, broadcast, flat if derivative is None else gradient, elementwise)


def _strong(value: Any) -> Any:
    """Give a Python number the type that TensorFlow gives it, int32 or float32, before it meets an array."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.asarray(value)
    return np.asarray(value, np.float32 if isinstance(value, float) else np.int32)


def _of_weak(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    """Let a Python number take the type of the array that it meets."""

    def compute(x1: Any, x2: Any) -> Array:
        return function(*together(x1, x2))

    compute.__doc__ = f"y = {function.__name__}(x1, x2)."
    return compute


def _of_strong(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    """Give both the type that they have in common, a Python number counting as int32 or float32."""

    def compute(x1: Any, x2: Any) -> Array:
        return function(*together(_strong(x1), _strong(x2)))

    compute.__doc__ = f"y = {function.__name__}(x1, x2)."
    return compute


def _of_bits(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    def compute(x: Any, y: Any) -> Array:
        return function(*together(x, y))

    compute.__doc__ = f"y = {function.__name__}(x, y)."
    return compute


def _of_truth(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    def compute(x1: Any, x2: Any) -> Array:
        return function(np.asarray(x1).astype(bool), np.asarray(x2).astype(bool))

    compute.__doc__ = f"y = {function.__name__}(x1, x2), numbers as true where they are not zero."
    return compute


def _floats(x1: Any, x2: Any) -> list[Array]:
    common = result_type(*(value if isinstance(value, int | float) else np.asarray(value) for value in (x1, x2)), float)
    return [np.asarray(value).astype(common, copy=False) for value in (x1, x2)]


def add(x1: Array, x2: Array) -> Array:
    """y = x1 + x2; truth values: or."""
    return np.add(x1, x2)


def divide(x1: Any, x2: Any) -> Array:
    """y = x1 / x2, integers as float32."""
    one, other = _floats(x1, x2)
    return np.divide(one, other)


def _divide_derivative(dy: Array, y: Array, _: Array, x2: Array) -> tuple[Array, Array]:
    """dx1 = dy / x2, dx2 = -dy * y / x2."""
    part = dy / x2
    return part, -part * y


def divide_no_nan(x1: Any, x2: Any) -> Array:
    """y = x1 / x2, and 0 where x2 is 0."""
    one, other = _floats(x1, x2)
    return np.where(other == 0, one.dtype.type(0), np.divide(one, np.where(other == 0, other.dtype.type(1), other)))


def _divide_no_nan_derivative(dy: Array, y: Array, _: Array, x2: Array) -> tuple[Array, Array]:
    """As that of `divide`, and 0 where x2 is 0."""
    part = np.where(x2 == 0, dy.dtype.type(0), dy / np.where(x2 == 0, x2.dtype.type(1), x2))
    return part, -part * y


def floor_divide(x1: Any, x2: Any) -> Array:
    """y = floor(x1 / x2)."""
    one, other = together(x1, x2)
    return np.floor(one / other) if one.dtype.kind == "f" else np.floor_divide(one, other)


def modulo(x1: Array, x2: Array) -> Array:
    """y = x1 - x2 * floor(x1 / x2), with the sign of x2."""
    return np.mod(x1, x2)


def power(x1: Any, x2: Any) -> Array:
    """y = x1 ^ x2."""
    one, other = together(x1, x2)
    return np.power(one, other)


def _power_derivative(dy: Array, y: Array, x1: Array, x2: Array) -> tuple[Array, Array]:
    """dx1 = dy * x2 * x1^(x2 - 1), dx2 = dy * y * log(x1), which is 0 where x1 is not positive."""
    logarithm = np.log(np.where(x1 > 0, x1, x1.dtype.type(1)))
    return dy * x2 * np.power(x1, x2 - 1), dy * y * logarithm


def _chosen(first: Callable[[Array, Array], Array]) -> Derivative:
    """The gradient goes to the side that was chosen; of equals to the first, as in TensorFlow."""

    def derivative(dy: Array, _: Array, x1: Array, x2: Array) -> tuple[Array, Array]:
        wins, zero = first(x1, x2), dy.dtype.type(0)
        return np.where(wins, dy, zero), np.where(wins, zero, dy)

    return derivative


def where(condition: Any, x1: Any, x2: Any) -> Array:
    """y = x1 where the condition holds, else x2."""
    one, other = together(x1, x2)
    return np.where(np.asarray(condition).astype(bool), one, other)


def _where_gradient(dy: Array, _: Array, condition: Any, x1: Any, x2: Any) -> tuple[None, Array, Array]:
    """dx1 = dy where the condition holds, dx2 = dy elsewhere."""
    holds, zero = np.asarray(condition).astype(bool), dy.dtype.type(0)
    one, other = np.where(holds, dy, zero), np.where(holds, zero, dy)
    return None, unbroadcast(one, np.shape(x1)), unbroadcast(other, np.shape(x2))


def is_close(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """y = |x1 - x2| <= atol + rtol * |x2|."""
    one, other = together(_strong(x1), _strong(x2))
    return np.isclose(one, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def log_add(x1: Any, x2: Any) -> Array:
    """y = log(exp(x1) + exp(x2))."""
    return np.logaddexp(*_floats(_strong(x1), _strong(x2)))


def angle(x1: Any, x2: Any) -> Array:
    """y = the angle of the point (x2, x1)."""
    return np.arctan2(*_floats(_strong(x1), _strong(x2)))


def _angle_derivative(dy: Array, _: Array, x1: Array, x2: Array) -> tuple[Array, Array]:
    """dx1 = dy * x2 / (x1^2 + x2^2), dx2 = -dy * x1 / (x1^2 + x2^2)."""
    part = dy / (x1 * x1 + x2 * x2)
    return part * x2, -part * x1


def hypotenuse(x1: Any, x2: Any) -> Array:
    """y = sqrt(x1^2 + x2^2)."""
    return np.hypot(*_floats(_strong(x1), _strong(x2)))


ROWS = {
    "Add": _row(_of_weak(add), lambda dy, _, _x1, _x2: (dy, dy)),
    "Subtract": _row(_of_weak(np.subtract), lambda dy, _, _x1, _x2: (dy, -dy)),
    "Multiply": _row(_of_weak(np.multiply), lambda dy, _, x1, x2: (dy * x2, dy * x1)),
    "Maximum": _row(_of_weak(np.maximum), _chosen(np.greater_equal)),
    "Minimum": _row(_of_weak(np.minimum), _chosen(np.less_equal)),
    "Fmax": _row(_of_weak(np.fmax), _chosen(lambda x1, x2: (x1 >= x2) | np.isnan(x2))),
    "Fmin": _row(_of_weak(np.fmin), _chosen(lambda x1, x2: (x1 <= x2) | np.isnan(x2))),
    **dict.fromkeys(("Divide", "TrueDivide"), _row(divide, _divide_derivative)),
    "DivideNoNan": _row(divide_no_nan, _divide_no_nan_derivative),
    "FloorDivide": _row(floor_divide),
    "Mod": _row(_of_strong(modulo), lambda dy, _, x1, x2: (dy, -dy * np.floor(x1 / x2))),
    "Power": _row(power, _power_derivative),
    "Where": Row(where, broadcast, _where_gradient, elementwise),
    "Isclose": _row(is_close),
    "Logaddexp": _row(log_add, lambda dy, y, x1, x2: (dy * np.exp(x1 - y), dy * np.exp(x2 - y))),
    "Arctan2": _row(angle, _angle_derivative),
    "Hypot": _row(hypotenuse, lambda dy, y, x1, x2: (dy * x1 / y, dy * x2 / y)),
    "Equal": _row(_of_strong(np.equal)),
    "NotEqual": _row(_of_strong(np.not_equal)),
    "Greater": _row(_of_strong(np.greater)),
    "GreaterEqual": _row(_of_strong(np.greater_equal)),
    "Less": _row(_of_strong(np.less)),
    "LessEqual": _row(_of_strong(np.less_equal)),
    "LogicalAnd": _row(_of_truth(np.logical_and)),
    "LogicalOr": _row(_of_truth(np.logical_or)),
    "LogicalXor": _row(_of_truth(np.logical_xor)),
    "BitwiseAnd": _row(_of_bits(np.bitwise_and)),
    "BitwiseOr": _row(_of_bits(np.bitwise_or)),
    "BitwiseXor": _row(_of_bits(np.bitwise_xor)),
}
