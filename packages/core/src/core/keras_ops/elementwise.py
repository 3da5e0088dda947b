"""Operations on each number by itself: mathematics of one array."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.keras_ops.shapes import same
from core.ops.promotion import result_type
from core.ops.special import erf


def floating(x: Any) -> Array:
    """Give integers and truth values as float32; floating-point numbers keep their type."""
    x = np.asarray(x)
    return x.astype(result_type(x, float), copy=False)


def _of_floats(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    def compute(x: Array) -> Array:
        return function(floating(x))

    compute.__doc__ = f"y = {function.__name__}(x), integers as float32."
    return compute


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


def base_logarithm(base: float) -> Callable[[Array], Array]:
    """Give the logarithm to `base`, as log(x) / log(base)."""

    def compute(x: Array) -> Array:
        """y = log(x) / log(base)."""
        x = floating(x)
        return np.log(x) / np.log(x.dtype.type(base))

    return compute


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


def stop_gradient(variable: Array) -> Array:
    """y = x; only training would differ."""
    return np.asarray(variable)


def logical_not(x: Array) -> Array:
    """y = not x."""
    return np.logical_not(x)


def bits_inverted(x: Array) -> Array:
    """y = ~x."""
    return np.invert(x)


_OF_FLOATS: dict[str, Callable[[Array], Array]] = {
    "Exp": np.exp, "Exp2": np.exp2, "Expm1": np.expm1, "Log": np.log, "Log1p": np.log1p, "Sqrt": np.sqrt, "Sin": np.sin,
    "Cos": np.cos, "Tan": np.tan, "Sinh": np.sinh, "Cosh": np.cosh, "Tanh": np.tanh, "Arcsin": np.arcsin, "Arccos": np.arccos,
    "Arctan": np.arctan, "Arcsinh": np.arcsinh, "Arccosh": np.arccosh, "Arctanh": np.arctanh, "Floor": np.floor,
    "Ceil": np.ceil, "Fabs": np.abs, "Sinc": np.sinc,
}  # fmt: skip

TABLE = {name: (_of_floats(function), same) for name, function in _OF_FLOATS.items()} | {
    "Square": (square, same),
    "Absolute": (absolute, same),
    "Abs": (absolute, same),
    "Negative": (negative, same),
    "Sign": (sign, same),
    "Trunc": (whole, same),
    "Round": (rounded, same),
    "Clip": (clip, same),
    "Reciprocal": (reciprocal, same),
    "Rsqrt": (inverse_root, same),
    "Erf": (error_function, same),
    "Cbrt": (cube_root, same),
    "Log10": (base_logarithm(10), same),
    "Log2": (base_logarithm(2), same),
    "NanToNum": (not_a_number_to_number, same),
    "Deg2rad": (degrees_to_radians, same),
    "Rad2deg": (radians_to_degrees, same),
    "Copy": (identity, same),
    "StopGradient": (stop_gradient, same),
    "LogicalNot": (logical_not, same),
    "BitwiseInvert": (bits_inverted, same),
    "BitwiseNot": (bits_inverted, same),
    "Isnan": (lambda x: np.isnan(floating(x)), same),
    "Isinf": (lambda x: np.isinf(floating(x)), same),
    "Isfinite": (lambda x: np.isfinite(floating(x)), same),
    "Isposinf": (lambda x: np.isposinf(floating(x)), same),
    "Isneginf": (lambda x: np.isneginf(floating(x)), same),
    "Signbit": (lambda x: np.signbit(floating(x)), same),
}
