"""How the rows of an input are cut in parts."""

from __future__ import annotations

import operator
from collections.abc import Iterator

import numpy as np

from core.errors import InputError

#: Rows that plain layers take at a time: Keras' own default, so that both sum in blocks of the same size.
PLAIN_ROWS = 32


def cut(rows: int, most: int, workers: int, least: int = 1) -> Iterator[slice]:
    """Cut `rows` in parts of nearly one size, at most `most`.

    A multiple of `workers` many, so that all have the same to do, unless the parts would be smaller than `least`.
    """
    parts = max(1, -(-rows // most))
    even = -(-parts // workers) * workers
    if rows >= even * least:
        parts = even
    for part in range(parts):
        yield slice(rows * part // parts, rows * (part + 1) // parts)


def cut_exactly(rows: int, each: int) -> Iterator[slice]:
    """Cut `rows` in parts of `each`, the last one smaller."""
    for start in range(0, max(rows, 1), each):
        yield slice(start, min(start + each, rows))


def whole(value: int | None, option: str) -> int | None:
    """Return a count of rows or threads, or None. Raises `InputError` for anything but a whole number from 1."""
    if value is None:
        return None
    try:
        count = operator.index(value)  # NumPy's integers count as whole numbers too
    except TypeError:
        count = 0
    if count < 1 or isinstance(value, bool | np.bool_):
        raise InputError(f"{option} must be a whole number from 1, got {value!r}")
    return count
