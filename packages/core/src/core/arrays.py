"""The two words that every signature uses: an array, and a shape whose unknown sizes are None."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[Any]
#: The size of each axis; None where it is not known before the data comes (the batch, the length of a sentence).
Shape: TypeAlias = tuple[int | None, ...]


def show_shape(shape: Shape | tuple[int, ...]) -> str:
    """Write a shape as Keras does, with None for an unknown size: ``(None, 32, 32, 3)``."""
    return str(tuple(None if size is None else int(size) for size in shape))


def known_size(shape: Shape) -> int | None:
    """Count the elements of one shape: the product of its sizes, or None where one of them is unknown."""
    product = 1
    for size in shape:
        if size is None:
            return None
        product *= size
    return product


def to_positions(indices: Any) -> Array:
    """Return whole numbers as indices of this machine (`numpy.intp`); what it cannot count stays out of range.

    Where addresses have 32 bits, a plain cast of 2**32 + 1 would be 1. Arrays of other types are left as they are.
    """
    indices = np.asarray(indices)
    if indices.dtype.kind not in "iu":
        return indices
    if np.can_cast(indices.dtype, np.intp):
        return indices.astype(np.intp, copy=False)
    limits = np.iinfo(np.intp)
    return np.clip(indices, limits.min if indices.dtype.kind == "i" else 0, limits.max).astype(np.intp)
