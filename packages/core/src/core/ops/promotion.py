"""Which type comes out when types meet: Keras' rules, not NumPy's (int32 with float32 stays float32).

A Python number is weak: it takes the type of the array it meets, unless it is of a higher kind (2.5 with integers gives
float32). Source: https://keras.io/api/utils/backend_utils/ and https://docs.jax.dev/en/latest/type_promotion.html
"""

from __future__ import annotations

from functools import cache, reduce
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError

#: The type that each type grows to, step by step; "int" and "float" are those of Python's numbers.
_NEXT = {
    "bool": ("int",), "int": ("uint8", "int8"), "float": ("bfloat16", "float16"),
    "uint8": ("int16", "uint16"), "uint16": ("int32", "uint32"), "uint32": ("int64", "uint64"), "uint64": ("float",),
    "int8": ("int16",), "int16": ("int32",), "int32": ("int64",), "int64": ("float",),
    "bfloat16": ("float32",), "float16": ("float32",), "float32": ("float64", "complex64"), "float64": ("complex128",),
    "complex64": ("complex128",), "complex128": (),
}  # fmt: skip
_WEAK = {"int": "int32", "float": "float32"}
#: Keras has no implicit way to unsigned 64 bit integers.
_NARROWED = {"uint64": "uint32", "complex128": "complex64"}


@cache
def _above(name: str) -> frozenset[str]:
    return frozenset({name}).union(*(_above(upper) for upper in _NEXT[name]))


def _join(one: str, other: str) -> str:
    """Find the smallest type that both can grow to."""
    common = _above(one) & _above(other)
    return next(name for name in common if common <= _above(name))


def kind_of(value: Any) -> str:
    """Name the type of an array, a type, or a Python number or its type; "int" and "float" are weak."""
    for python in (bool, int, float):
        if value is python or isinstance(value, python):
            return python.__name__
    return value if isinstance(value, str) else np.dtype(getattr(value, "dtype", value)).name


def result_type(*values: Any) -> np.dtype:
    """Return the type that arrays, types (by name) and Python numbers have in common.

    Raises `InputError` for types that do not mix, such as strings.
    """
    kinds = [kind_of(value) for value in values]
    unknown = [kind for kind in kinds if kind not in _NEXT]
    if unknown:
        if len(set(kinds)) == 1:
            return np.dtype(getattr(values[0], "dtype", kinds[0]))
        raise InputError(f"the types {', '.join(kinds)} have no type in common")
    found = reduce(_join, kinds)
    return np.dtype(_NARROWED.get(found, _WEAK.get(found, found)))


def together(*values: Any) -> list[Array]:
    """Cast arrays and numbers to the type that they have in common."""
    common = result_type(*(value if isinstance(value, int | float) else np.asarray(value) for value in values))
    return [np.asarray(value).astype(common, copy=False) for value in values]


def floating(x: Any) -> Array:
    """Return whole numbers and truth values as float32, as Keras does; floating-point numbers keep their type."""
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(result_type(x, float))
