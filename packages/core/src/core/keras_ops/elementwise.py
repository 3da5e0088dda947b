"""Operations on each number by itself: mathematics of one array, with dx = f'(x) * dy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.keras_ops.row import CORE, MATH, NUMPY, Row, flat
from core.keras_ops.row_rules import elementwise
from core.keras_ops.shapes import same
from core.ops.activations.derivative import Slope, times
from core.ops.promotion import floating
from core.ops.special import erf


def _row(function: Callable[..., Array], slope: Slope | None = None, module: str = NUMPY) -> Row:
    """Return the row of a function with the slope f'(x, y); without one it is flat."""
    return Row(function, same, flat if slope is None else times(slope), elementwise, module=module)


def _of_floats(function: Callable[[Array], Array], slope: Slope | None = None) -> Row:
    def compute(x: Array) -> Array:
        return function(floating(x))

    compute.__doc__ = f"y = {function.__name__}(x), integers as float32."
    return _row(compute, slope)


def square(x: Array) -> Array:
    """y = x^2; truth values as int32."""
    x = np.asarray(x)
    return np.square(x.astype(np.int32) if x.dtype == bool else x)


def absolute(x: Array) -> Array:
    """y = |x|."""
    return np.abs(x)


def negative(x: Array) -> Array:
    """y = -x."""
    return np.negative(x)


def sign(x: Array) -> Array:
    """y = -1, 0 or 1."""
    return np.sign(x)


def whole(x: Array) -> Array:
    """y = x without its fraction; integers stay."""
    x = np.asarray(x)
    return np.trunc(x) if x.dtype.kind == "f" else x


def rounded(x: Array, decimals: int = 0) -> Array:
    """y = x rounded to `decimals`, halves to the even number."""
    x = np.asarray(x)
    if decimals == 0 or (x.dtype.kind in "iu" and decimals > 0):
        return np.round(x) if x.dtype.kind == "f" else x
    factor = floating(x).dtype.type(10.0**decimals)
    return (np.round(floating(x) * factor) / factor).astype(x.dtype)


def clip(x: Array, x_min: Any, x_max: Any) -> Array:
    """y = min(max(x, x_min), x_max) in the type of x; truth values as int32."""
    x = np.asarray(x)
    x = x.astype(np.int32) if x.dtype == bool else x
    return np.minimum(np.maximum(x, np.asarray(x_min).astype(x.dtype)), np.asarray(x_max).astype(x.dtype))


def _clip_gradient(dy: Array, _: Array, x: Array, x_min: Any, x_max: Any) -> Array:
    """dx = dy where x_min <= x <= x_max."""
    return np.where((x < x_min) | (x > x_max), dy.dtype.type(0), dy)


def reciprocal(x: Array) -> Array:
    """y = 1 / x."""
    x = np.asarray(x)
    return x.dtype.type(1) / x if x.dtype.kind == "f" else np.reciprocal(x)


def inverse_root(x: Array) -> Array:
    """y = 1 / sqrt(x)."""
    return 1 / np.sqrt(x)


def error_function(x: Array) -> Array:
    """y = erf(x)."""
    return erf(np.asarray(x))


def cube_root(x: Array) -> Array:
    """y = sign(x) * |x|^(1/3)."""
    return np.cbrt(floating(x))


def _logarithm(base: float) -> Row:
    """Return the row of the logarithm to `base`, as log(x) / log(base)."""

    def compute(x: Array) -> Array:
        """y = log(x) / log(base)."""
        x = floating(x)
        return np.log(x) / np.log(x.dtype.type(base))

    return _row(compute, lambda x, _: 1 / (x * np.log(x.dtype.type(base))))


def _sinc_slope(x: Array, y: Array) -> Array:
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 0, (np.cos(np.pi * safe) - y) / safe)


def not_a_number_to_number(
    x: Array, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Array:
    """y = x, with NaN as `nan` and infinities as the largest and smallest numbers of the type."""
    x = np.asarray(x)
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf) if x.dtype.kind == "f" else x


def degrees_to_radians(x: Array) -> Array:
    """y = x * pi / 180."""
    x = floating(x)
    return x * (x.dtype.type(np.pi) / x.dtype.type(180))


def radians_to_degrees(x: Array) -> Array:
    """y = x * 180 / pi."""
    x = floating(x)
    return x * (x.dtype.type(180) / x.dtype.type(np.pi))


def identity(x: Array) -> Array:
    """y = x."""
    return np.asarray(x)


def same_gradient(dy: Array, _: Array, x: Array, *args: Any, **options: Any) -> Array:
    """dx = dy."""
    del x, args, options
    return dy


def stop_gradient(variable: Array) -> Array:
    """y = x; only training would differ."""
    return np.asarray(variable)


def logical_not(x: Array) -> Array:
    """y = not x."""
    return np.logical_not(x)


def bits_inverted(x: Array) -> Array:
    """y = ~x."""
    return np.invert(x)


ROWS = {
    "Exp": _of_floats(np.exp, lambda _, y: y),
    "Exp2": _of_floats(np.exp2, lambda _, y: y * np.log(2)),
    "Expm1": _of_floats(np.expm1, lambda x, _: np.exp(x)),
    "Log": _of_floats(np.log, lambda x, _: 1 / x),
    "Log1p": _of_floats(np.log1p, lambda x, _: 1 / (1 + x)),
    "Log10": _logarithm(10),
    "Log2": _logarithm(2),
    "Sqrt": _of_floats(np.sqrt, lambda _, y: 0.5 / y),
    "Rsqrt": _row(inverse_root, lambda _, y: -0.5 * y**3, MATH),
    "Cbrt": _row(cube_root, lambda x, y: y / (3 * x)),
    "Square": _row(square, lambda x, _: 2 * x),
    "Reciprocal": _row(reciprocal, lambda _, y: -y * y),
    "Negative": _row(negative, lambda x, _: np.full_like(x, -1)),
    **dict.fromkeys(("Abs", "Absolute"), _row(absolute, lambda x, _: np.sign(x))),
    "Fabs": _of_floats(np.abs, lambda x, _: np.sign(x)),
    "Sin": _of_floats(np.sin, lambda x, _: np.cos(x)),
    "Cos": _of_floats(np.cos, lambda x, _: -np.sin(x)),
    "Tan": _of_floats(np.tan, lambda _, y: 1 + y * y),
    "Sinh": _of_floats(np.sinh, lambda x, _: np.cosh(x)),
    "Cosh": _of_floats(np.cosh, lambda x, _: np.sinh(x)),
    "Tanh": _of_floats(np.tanh, lambda _, y: 1 - y * y),
    "Arcsin": _of_floats(np.arcsin, lambda x, _: 1 / np.sqrt(1 - x * x)),
    "Arccos": _of_floats(np.arccos, lambda x, _: -1 / np.sqrt(1 - x * x)),
    "Arctan": _of_floats(np.arctan, lambda x, _: 1 / (1 + x * x)),
    "Arcsinh": _of_floats(np.arcsinh, lambda _, y: 1 / np.cosh(y)),
    "Arccosh": _of_floats(np.arccosh, lambda _, y: 1 / np.sinh(y)),
    "Arctanh": _of_floats(np.arctanh, lambda x, _: 1 / (1 - x * x)),
    "Sinc": _of_floats(np.sinc, _sinc_slope),
    "Erf": _row(error_function, lambda x, _: 2 / np.sqrt(np.pi) * np.exp(-x * x), MATH),
    "Deg2rad": _row(degrees_to_radians, lambda x, _: np.full_like(x, np.pi / 180)),
    "Rad2deg": _row(radians_to_degrees, lambda x, _: np.full_like(x, 180 / np.pi)),
    "NanToNum": _row(not_a_number_to_number, lambda x, _: np.isfinite(x).astype(x.dtype)),
    "Clip": Row(clip, same, _clip_gradient, elementwise),
    "Copy": Row(identity, same, same_gradient, elementwise),
    "StopGradient": _row(stop_gradient, module=CORE),
    "Floor": _of_floats(np.floor),
    "Ceil": _of_floats(np.ceil),
    "Trunc": _row(whole),
    "Round": _row(rounded),
    "Sign": _row(sign),
    "LogicalNot": _row(logical_not),
    **dict.fromkeys(("BitwiseInvert", "BitwiseNot"), _row(bits_inverted)),
    "Isnan": _of_floats(np.isnan),
    "Isinf": _of_floats(np.isinf),
    "Isfinite": _of_floats(np.isfinite),
    "Isposinf": _of_floats(np.isposinf),
    "Isneginf": _of_floats(np.isneginf),
    "Signbit": _of_floats(np.signbit),
}
