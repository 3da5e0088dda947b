"""Operations on types, and arrays made in the likeness of another."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.keras_ops.elementwise import same_gradient
from core.keras_ops.row import CORE, Row, flat
from core.keras_ops.row_rules import elementwise
from core.keras_ops.shapes import same
from core.ops.bfloat16 import rounded

_TYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "float16", "float32", "float64",
)  # fmt: skip


def dtype_of(name: Any) -> np.dtype:
    """Return the type of numbers of that name."""
    if name not in _TYPES:
        raise InputError(f"dtype must be one of {', '.join(_TYPES)}, got {name!r}")
    return np.dtype(name)


def cast(x: Any, dtype: Any) -> Array:
    """Return x in another type; a fraction is cut off."""
    if dtype == "bfloat16":
        found: Array = rounded(np.asarray(x).astype(np.float32))
        return found
    return np.asarray(x).astype(dtype_of(dtype), copy=False)


def saturate_cast(x: Any, dtype: Any) -> Array:
    """Return x in another type, as the nearest number that the type can hold."""
    x, wanted = np.asarray(x), dtype_of(dtype)
    if wanted.kind in "iu":
        limits = np.iinfo(wanted)
        x = np.clip(x, limits.min, limits.max)
    return x.astype(wanted, copy=False)


def convert(x: Any, dtype: Any = None, sparse: Any = None, ragged: Any = None) -> Array:
    """Return x as an array, in another type where one is named."""
    if sparse or ragged:
        raise InputError("sparse and ragged tensors are not supported")
    return np.asarray(x) if dtype is None else cast(x, dtype)


def zeros_like(x: Any, dtype: Any = None) -> Array:
    """Return zeros in the shape of x."""
    return np.zeros_like(x, dtype=None if dtype is None else dtype_of(dtype))


def ones_like(x: Any, dtype: Any = None) -> Array:
    """Return ones in the shape of x."""
    return np.ones_like(x, dtype=None if dtype is None else dtype_of(dtype))


def full_like(x: Any, fill_value: Any, dtype: Any = None) -> Array:
    """Return an array of one value in the shape of x."""
    return np.full_like(x, fill_value, dtype=None if dtype is None else dtype_of(dtype))


ROWS = {
    "Cast": Row(cast, same, same_gradient, elementwise, module=CORE),
    "SaturateCast": Row(saturate_cast, same, same_gradient, elementwise, module=CORE),
    "ConvertToTensor": Row(convert, same, same_gradient, elementwise, module=CORE),
    "Array": Row(lambda x, dtype=None: convert(x, dtype), same, same_gradient, elementwise),
    **dict.fromkeys(("ZerosLike", "EmptyLike"), Row(zeros_like, same, flat, elementwise)),
    "OnesLike": Row(ones_like, same, flat, elementwise),
    "FullLike": Row(full_like, same, flat, elementwise),
}
