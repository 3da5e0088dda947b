"""bfloat16 is float32 with the lower half cut off: 8 bits of precision, and the same range.

NumPy has no such type. Arrays of bfloat16 are float32 arrays here whose values a bfloat16 can hold.
Source: https://en.wikipedia.org/wiki/Bfloat16_floating-point_format
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array


def rounded(nest: Any) -> Any:
    """Round the float32 arrays in nested lists, tuples and dicts to bfloat16; ties go to even, as everywhere."""
    if isinstance(nest, dict):
        return {key: rounded(value) for key, value in nest.items()}
    if isinstance(nest, list | tuple):
        return type(nest)(rounded(value) for value in nest)
    if not isinstance(nest, np.ndarray | np.generic) or nest.dtype != np.float32:
        return nest
    bits = np.asarray(nest).view(np.uint32)
    even = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    found = (even & np.uint32(0xFFFF0000)).view(np.float32)
    return np.where(np.isnan(nest), nest, found)


def from_bytes(pairs: Array) -> Array:
    """Read an array of two bytes each, as files hold bfloat16, as float32."""
    return (np.ascontiguousarray(pairs).view("<u2").astype(np.uint32) << np.uint32(16)).view(np.float32)


def to_bytes(array: Array) -> Array:
    """Write an array as two bytes each."""
    return (np.ascontiguousarray(rounded(array)).view(np.uint32) >> np.uint32(16)).astype("<u2").view("V2")
