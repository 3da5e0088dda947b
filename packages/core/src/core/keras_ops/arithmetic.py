"""Operations on two arrays, element by element: arithmetic, comparison, logic. Types meet by Keras' rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.keras_ops.shapes import broadcast
from core.ops.promotion import result_type, together


def strong(value: Any) -> Any:
    """Give a Python number the type that TensorFlow gives it, int32 or float32, before it meets an array."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return np.asarray(value)
    return np.asarray(value, np.float32 if isinstance(value, float) else np.int32)


def _weak(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    """Let a Python number take the type of the array that it meets."""

    def compute(x1: Any, x2: Any) -> Array:
        return function(*together(x1, x2))

    compute.__doc__ = f"y = {function.__name__}(x1, x2)."
    return compute


def _strong(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    """Give both the type that they have in common, a Python number counting as int32 or float32."""

    def compute(x1: Any, x2: Any) -> Array:
        return function(*together(strong(x1), strong(x2)))

    compute.__doc__ = f"y = {function.__name__}(x1, x2)."
    return compute


def _bits(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    def compute(x: Any, y: Any) -> Array:
        return function(*together(x, y))

    compute.__doc__ = f"y = {function.__name__}(x, y)."
    return compute


def _logical(function: Callable[[Array, Array], Array]) -> Callable[[Any, Any], Array]:
    def compute(x1: Any, x2: Any) -> Array:
        return function(np.asarray(x1).astype(bool), np.asarray(x2).astype(bool))

    compute.__doc__ = f"y = {function.__name__}(x1, x2), numbers as true where they are not zero."
    return compute


def _floats(x1: Any, x2: Any) -> list[Array]:
    common = result_type(*(value if isinstance(value, int | float) else np.asarray(value) for value in (x1, x2)), float)
    return [np.asarray(value).astype(common, copy=False) for value in (x1, x2)]


def divide(x1: Any, x2: Any) -> Array:
    """y = x1 / x2, integers as float32."""
    one, other = _floats(x1, x2)
    return np.divide(one, other)


def divide_no_nan(x1: Any, x2: Any) -> Array:
    """y = x1 / x2, and 0 where x2 is 0."""
    one, other = _floats(x1, x2)
    return np.where(other == 0, one.dtype.type(0), np.divide(one, np.where(other == 0, other.dtype.type(1), other)))


def floor_divide(x1: Any, x2: Any) -> Array:
    """y = floor(x1 / x2)."""
    one, other = together(x1, x2)
    return np.floor(one / other) if one.dtype.kind == "f" else np.floor_divide(one, other)


def add(x1: Array, x2: Array) -> Array:
    """y = x1 + x2; truth values: or."""
    return np.add(x1, x2)


def modulo(x1: Array, x2: Array) -> Array:
    """y = x1 - x2 * floor(x1 / x2), with the sign of x2."""
    return np.mod(x1, x2)


def power(x1: Any, x2: Any) -> Array:
    """y = x1 ^ x2."""
    one, other = together(x1, x2)
    return np.power(one, other)


def where(condition: Any, x1: Any, x2: Any) -> Array:
    """y = x1 where the condition holds, else x2."""
    one, other = together(x1, x2)
    return np.where(np.asarray(condition).astype(bool), one, other)


def is_close(x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Array:
    """y = |x1 - x2| <= atol + rtol * |x2|."""
    one, other = together(strong(x1), strong(x2))
    return np.isclose(one, other, rtol=rtol, atol=atol, equal_nan=equal_nan)


def log_add(x1: Any, x2: Any) -> Array:
    """y = log(exp(x1) + exp(x2))."""
    return np.logaddexp(*_floats(strong(x1), strong(x2)))


def angle(x1: Any, x2: Any) -> Array:
    """y = the angle of the point (x2, x1)."""
    return np.arctan2(*_floats(strong(x1), strong(x2)))


def hypotenuse(x1: Any, x2: Any) -> Array:
    """y = sqrt(x1^2 + x2^2)."""
    return np.hypot(*_floats(strong(x1), strong(x2)))


TABLE = {
    "Add": (_weak(add), broadcast),
    "Subtract": (_weak(np.subtract), broadcast),
    "Multiply": (_weak(np.multiply), broadcast),
    "Maximum": (_weak(np.maximum), broadcast),
    "Minimum": (_weak(np.minimum), broadcast),
    "Fmax": (_weak(np.fmax), broadcast),
    "Fmin": (_weak(np.fmin), broadcast),
    "Divide": (divide, broadcast),
    "TrueDivide": (divide, broadcast),
    "DivideNoNan": (divide_no_nan, broadcast),
    "FloorDivide": (floor_divide, broadcast),
    "Mod": (_strong(modulo), broadcast),
    "Power": (power, broadcast),
    "Where": (where, broadcast),
    "Isclose": (is_close, broadcast),
    "Logaddexp": (log_add, broadcast),
    "Arctan2": (angle, broadcast),
    "Hypot": (hypotenuse, broadcast),
    "Equal": (_strong(np.equal), broadcast),
    "NotEqual": (_strong(np.not_equal), broadcast),
    "Greater": (_strong(np.greater), broadcast),
    "GreaterEqual": (_strong(np.greater_equal), broadcast),
    "Less": (_strong(np.less), broadcast),
    "LessEqual": (_strong(np.less_equal), broadcast),
    "LogicalAnd": (_logical(np.logical_and), broadcast),
    "LogicalOr": (_logical(np.logical_or), broadcast),
    "LogicalXor": (_logical(np.logical_xor), broadcast),
    "BitwiseAnd": (_bits(np.bitwise_and), broadcast),
    "BitwiseOr": (_bits(np.bitwise_or), broadcast),
    "BitwiseXor": (_bits(np.bitwise_xor), broadcast),
}
