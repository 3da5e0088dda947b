"""The largest number, or the sum, of many ranges of one axis: in n log n, however long the ranges and however they overlap.

Ranges are made of pieces whose length is a power of two, each joined from two of half its length; so sums are added up
pairwise, which is as exact as NumPy's own.
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array


def range_max(x: Array, axis: int, start: Array, stop: Array) -> Array:
    """y[i] = the largest of x[start[i] : stop[i]] along `axis`; every range holds a number.

    Two pieces that overlap cover a range.
    """
    x = np.moveaxis(x, axis, 0)
    y = np.empty((len(start), *x.shape[1:]), x.dtype)
    levels = _levels(stop - start)
    pieces = x
    for level in range(int(levels.max(initial=0)) + 1):
        if level:
            half = 1 << (level - 1)
            pieces = np.maximum(pieces[:-half], pieces[half:])
        here = np.flatnonzero(levels == level)
        if here.size:
            y[here] = np.maximum(pieces[start[here]], pieces[stop[here] - (1 << level)])
    return np.moveaxis(y, 0, axis)


def range_sum(x: Array, axis: int, start: Array, stop: Array) -> Array:
    """y[i] = the sum of x[start[i] : stop[i]] along `axis`: of one piece for each binary digit of the range's length."""
    x = np.moveaxis(x, axis, 0)
    y = np.zeros((len(start), *x.shape[1:]), x.dtype)
    length = stop - start
    position = np.array(start)
    pieces = x
    for level in range(int(length.max(initial=0)).bit_length()):
        if level:
            half = 1 << (level - 1)
            pieces = pieces[:-half] + pieces[half:]
        here = np.flatnonzero(length >> level & 1)
        if here.size:
            y[here] += pieces[position[here]]
            position[here] += 1 << level
    return np.moveaxis(y, 0, axis)


def _levels(length: Array) -> Array:
    """Return the power of two of the largest piece that fits in each length."""
    return np.frexp(length.astype(np.float64))[1] - 1
