"""Pooling keeps one number of each window: the largest, or the average of those that are there.

Arrays are (batch, *sizes, channels), for any number of sizes. Padding takes no part: it is below every number for the
maximum, and the average divides by the cells that hold an input.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core.arrays import Array
from core.ops.padding import output_size, padding_amounts
from core.ops.ranges import range_max, range_sum
from core.ops.windows import Window, cells

#: A window of more cells is pooled axis by axis, as ranges; with fewer, going through the cells is faster.
MOST_CELLS = 64
#: Parts of one axis that adaptive pooling goes through one by one.
_MOST_PARTS = 64


def max_pool(x: Array, window: Window) -> Array:
    """y[b, p, c] = the largest of x[b, p * stride + o, c] over the cells o: (batch, *places, channels)."""
    if math.prod(window.size) > MOST_CELLS:
        for axis, start, stop in _ranges(x.shape[1:-1], window):
            x = range_max(x, axis, start, stop)
        return np.ascontiguousarray(x)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    views = (seen for _, seen in cells(window.padded(x, lowest), window))
    y = next(views).copy()
    for seen in views:
        np.maximum(y, seen, out=y)
    return y


def average_pool(x: Array, window: Window) -> Array:
    """y[b, p, c] = the mean of x[b, p * stride + o, c] over the cells o inside the array: (batch, *places, channels)."""
    summing = np.promote_types(x.dtype, np.float32)
    if math.prod(window.size) > MOST_CELLS:
        y = x.astype(summing, copy=False)
        for axis, start, stop in _ranges(x.shape[1:-1], window):
            y = range_sum(y, axis, start, stop)
            y /= (stop - start).astype(summing).reshape((-1, *(1,) * (y.ndim - 1 - axis)))
        return np.ascontiguousarray(y.astype(x.dtype, copy=False))
    counts = _sum_pool(np.ones((1, *x.shape[1:-1], 1), dtype=summing), window)
    return (_sum_pool(x.astype(summing, copy=False), window) / counts).astype(x.dtype, copy=False)


def adaptive_pool(x: Array, output_sizes: tuple[int, ...], reduce: Callable[..., Any]) -> Array:
    """Cut each axis in `output_sizes` parts and keep `reduce` (np.max or np.mean) of each part, axis after axis.

    Part i goes from floor(i * size / parts) to ceil((i + 1) * size / parts); neighbours overlap where size / parts is
    no whole number. (batch, *sizes, channels) -> (batch, *output_sizes, channels).
    """
    for axis, parts in enumerate(output_sizes, start=1):
        start, stop = adaptive_ranges(x.shape[axis], parts)
        if parts <= _MOST_PARTS:
            bounds = zip(start.tolist(), stop.tolist(), strict=True)
            x = np.stack([reduce(x.take(range(*bound), axis=axis), axis=axis) for bound in bounds], axis=axis)
        elif reduce is np.max:
            x = range_max(x, axis, start, stop)
        else:
            made = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
            summing = np.promote_types(made, np.float32)  # half precision would lose a sum
            length = (stop - start).reshape((-1, *(1,) * (x.ndim - 1 - axis)))
            means = range_sum(x.astype(summing, copy=False), axis, start, stop) / length.astype(summing)
            x = means.astype(made, copy=False)
    return x


def adaptive_ranges(size: int, parts: int) -> tuple[Array, Array]:
    """Return where each part of an axis of `size` cells starts, and where it stops."""
    part = np.arange(parts, dtype=np.int64)
    return part * size // parts, -(-(part + 1) * size // parts)


def _ranges(sizes: tuple[int, ...], window: Window) -> Iterator[tuple[int, Array, Array]]:
    """Go through the axes: which cells of it, those of the padding left out, each window covers."""
    for axis, (size, kernel, stride) in enumerate(zip(sizes, window.size, window.strides, strict=True), start=1):
        before, _ = padding_amounts(size, kernel, stride, 1, window.padding)
        count = output_size(size, kernel, stride, 1, window.padding) or 0
        start = np.arange(count, dtype=np.int64) * stride - before
        yield axis, np.maximum(start, 0), np.minimum(start + kernel, size)


def _sum_pool(x: Array, window: Window) -> Array:
    views = (seen for _, seen in cells(window.padded(x), window))
    total = next(views).copy()
    for seen in views:
        total += seen
    return total
