"""The range of pixel values that an image layer works in: 0 ... 255, 0 ... 1, or any other."""

from __future__ import annotations

from typing import Any, TypeAlias

from core.arrays import Array
from core.checks import number
from core.errors import InputError

Range: TypeAlias = tuple[float, float]

#: The range that these layers compute in.
BYTES: Range = (0.0, 255.0)


def read_range(value: Any, *, sort: bool = False) -> Range:
    """Read ``value_range``: two numbers, the smaller one first, or in any order where Keras sorts them."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise InputError(f"value_range must be two numbers, got {value!r}")
    low, high = (number(end, "value_range") for end in (sorted(value) if sort else value))
    if low >= high:
        raise InputError(f"value_range must grow, got {value!r}")
    return low, high


def move_range(images: Array, old: Range, new: Range) -> Array:
    """y = (x - old_low) / (old_high - old_low) * (new_high - new_low) + new_low, in the type of the images."""
    if old == new:
        return images
    to_type = images.dtype.type
    part = (images - to_type(old[0])) / to_type(old[1] - old[0])
    return part * to_type(new[1] - new[0]) + to_type(new[0])
