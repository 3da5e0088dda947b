"""Tokens are words (bytes inside) or whole numbers; both are hashed by how they are written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import integer
from core.errors import InputError
from core.ops.hashing import bucket
from text.layers.lookup.texts import to_array

#: One of either.
Token = bytes | int


def to_tokens(inputs: Any, owner: object) -> Array:
    """Return words as bytes, numbers as int64 without their fraction, in the shape in which they came."""
    array = inputs if isinstance(inputs, np.ndarray) else np.asarray(inputs, dtype=object)
    if array.dtype.kind == "f":
        return np.trunc(array).astype(np.int64)
    return array.astype(np.int64) if array.dtype.kind in "iub" else to_array(array, owner)


def buckets(tokens: Array, count: int, salt: Sequence[int] | None) -> Array:
    """Hash every token to a bucket from 0 to count - 1: int64 in the shape of the tokens."""
    found = np.empty(tokens.shape, np.int64)
    for position, token in np.ndenumerate(tokens):
        text = token if isinstance(token, bytes) else str(int(token)).encode("ascii")
        found[position] = bucket(text, count, salt)
    return found


def read_salt(value: object) -> tuple[int, int] | None:
    """Read the key of a hash: None, one number for both halves, or two."""
    if value is None:
        return None
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise InputError(f"salt must be one integer or 2 of them, got {value!r}")
        first, second = value
    else:
        first = second = value
    largest = 2**63 - 1
    return integer(first, "salt", minimum=0, maximum=largest), integer(second, "salt", minimum=0, maximum=largest)
