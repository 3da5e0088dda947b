"""The derivatives of mathematics of one array: dx = f'(x) * dy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array

#: (x, y) -> f'(x).
Slope = Callable[[Array, Array], Array]


def _times(slope: Slope) -> Callable[..., Array]:
    def back(dy: Array, y: Array, x: Array, *args: Any, **options: Any) -> Array:
        del args, options
        return dy * slope(x, y)

    return back


def _sinc(x: Array, y: Array) -> Array:
    safe = np.where(x == 0, 1, x)
    return np.where(x == 0, 0, (np.cos(np.pi * safe) - y) / safe)


def clip(dy: Array, _: Array, x: Array, x_min: Any, x_max: Any) -> Array:
    """dx = dy where x_min <= x <= x_max."""
    return np.where((x < x_min) | (x > x_max), dy.dtype.type(0), dy)


_SLOPES: dict[str, Slope] = {
    "Exp": lambda _, y: y,
    "Exp2": lambda _, y: y * np.log(2),
    "Expm1": lambda x, _: np.exp(x),
    "Log": lambda x, _: 1 / x,
    "Log1p": lambda x, _: 1 / (1 + x),
    "Log2": lambda x, _: 1 / (x * np.log(x.dtype.type(2))),
    "Log10": lambda x, _: 1 / (x * np.log(x.dtype.type(10))),
    "Sqrt": lambda _, y: 0.5 / y,
    "Rsqrt": lambda _, y: -0.5 * y**3,
    "Cbrt": lambda x, y: y / (3 * x),
    "Square": lambda x, _: 2 * x,
    "Reciprocal": lambda _, y: -y * y,
    "Negative": lambda x, _: np.full_like(x, -1),
    "Abs": lambda x, _: np.sign(x),
    "Absolute": lambda x, _: np.sign(x),
    "Fabs": lambda x, _: np.sign(x),
    "Sin": lambda x, _: np.cos(x),
    "Cos": lambda x, _: -np.sin(x),
    "Tan": lambda _, y: 1 + y * y,
    "Sinh": lambda x, _: np.cosh(x),
    "Cosh": lambda x, _: np.sinh(x),
    "Tanh": lambda _, y: 1 - y * y,
    "Arcsin": lambda x, _: 1 / np.sqrt(1 - x * x),
    "Arccos": lambda x, _: -1 / np.sqrt(1 - x * x),
    "Arctan": lambda x, _: 1 / (1 + x * x),
    "Arcsinh": lambda _, y: 1 / np.cosh(y),
    "Arccosh": lambda _, y: 1 / np.sinh(y),
    "Arctanh": lambda x, _: 1 / (1 - x * x),
    "Sinc": _sinc,
    "Erf": lambda x, _: 2 / np.sqrt(np.pi) * np.exp(-x * x),
    "Deg2rad": lambda x, _: np.full_like(x, np.pi / 180),
    "Rad2deg": lambda x, _: np.full_like(x, 180 / np.pi),
    "NanToNum": lambda x, _: np.isfinite(x).astype(x.dtype),
}


def _same(dy: Array, _: Array, x: Array, *args: Any, **options: Any) -> Array:
    """dx = dy."""
    del x, args, options
    return dy


TABLE = {name: _times(slope) for name, slope in _SLOPES.items()} | {
    "Clip": clip,
    **dict.fromkeys(("Copy", "Cast", "SaturateCast", "ConvertToTensor", "Array"), _same),
}
