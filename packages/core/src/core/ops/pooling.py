"""Pooling keeps one number of each window: the largest, or the average of those that are there.

Arrays are (batch, *sizes, channels), for any number of sizes. Padding takes no part: it is below every number for the
maximum, and the average divides by the taps that meet an input.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from core.arrays import Array
from core.ops.padding import output_size, padding_amounts
from core.ops.ranges import range_max, range_sum
from core.ops.windows import Window, taps

#: A window of more taps is pooled axis by axis, as ranges; with fewer, going through the taps is faster.
MOST_TAPS = 64
#: Parts of one axis that adaptive pooling goes through one by one.
_MOST_PARTS = 64


def max_pool(x: Array, window: Window) -> Array:
    """y[b, p, c] = the largest of x[b, p * stride + o, c] over the taps o: (batch, *positions, channels)."""
    if math.prod(window.size) > MOST_TAPS:
        for axis, start, stop in _ranges(x.shape[1:-1], window):
            x = range_max(x, axis, start, stop)
        return np.ascontiguousarray(x)
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    views = (seen for _, seen in taps(window.padded(x, lowest), window))
    y = next(views).copy()
    for seen in views:
        np.maximum(y, seen, out=y)
    return y


def max_pool_gradient(x: Array, y: Array, dy: Array, window: Window) -> Array:
    """The first of the taps that are equal to the maximum takes the gradient, as in TensorFlow."""
    padded = window.padded(x, -np.inf)
    dx = np.zeros_like(padded)
    left = dy.copy()
    for (_, seen), (_, target) in zip(taps(padded, window), taps(dx, window), strict=True):
        part = left * (seen == y)
        left -= part
        np.add(target, part, out=target)  # the view writes into dx
    return window.unpadded(dx, x.shape[1:-1])


def average_pool(x: Array, window: Window) -> Array:
    """y[b, p, c] = the mean of x[b, p * stride + o, c] over the taps o inside the array: (batch, *positions, channels)."""
    summing = np.promote_types(x.dtype, np.float32)
    if math.prod(window.size) > MOST_TAPS:
        y = x.astype(summing, copy=False)
        for axis, start, stop in _ranges(x.shape[1:-1], window):
            y = range_sum(y, axis, start, stop)
            y /= (stop - start).astype(summing).reshape((-1, *(1,) * (y.ndim - 1 - axis)))
        return np.ascontiguousarray(y.astype(x.dtype, copy=False))
    counts = _sum_pool(np.ones((1, *x.shape[1:-1], 1), dtype=summing), window)
    return (_sum_pool(x.astype(summing, copy=False), window) / counts).astype(x.dtype, copy=False)


def average_pool_gradient(x: Array, dy: Array, window: Window) -> Array:
    """Each tap of a window takes the same part; padding takes none."""
    part = dy / _sum_pool(np.ones((1, *x.shape[1:-1], 1), dy.dtype), window)
    dx = np.zeros_like(window.padded(x))
    for _, target in taps(dx, window):
        np.add(target, part, out=target)  # the view writes into dx
    return window.unpadded(dx, x.shape[1:-1])


def _sum_pool(x: Array, window: Window) -> Array:
    views = (seen for _, seen in taps(window.padded(x), window))
    total = next(views).copy()
    for seen in views:
        total += seen
    return total


def _ranges(sizes: tuple[int, ...], window: Window) -> Iterator[tuple[int, Array, Array]]:
    """Go through the axes: which numbers of it, without padding, each window covers."""
    for axis, (size, kernel, stride) in enumerate(zip(sizes, window.size, window.strides, strict=True), start=1):
        before, _ = padding_amounts(size, kernel, stride, 1, window.padding)
        count = output_size(size, kernel, stride, 1, window.padding) or 0
        start = np.arange(count, dtype=np.int64) * stride - before
        yield axis, np.maximum(start, 0), np.minimum(start + kernel, size)


def extreme_gradient(x: Array, y: Array, dy: Array, axes: tuple[int, ...]) -> Array:
    """Return dx of the extreme y of x over `axes` (kept, of size 1, in y and dy): equal numbers share the gradient."""
    found = x == y
    return found * (dy / np.maximum(np.sum(found, axis=axes, keepdims=True, dtype=dy.dtype), 1))


def adaptive_pool(x: Array, output_sizes: tuple[int, ...], reduce: Callable[..., Any]) -> Array:
    """Cut each axis in `output_sizes` parts and keep `reduce` (np.max or np.mean) of each part, axis after axis.

    Part i goes from floor(i * size / parts) to ceil((i + 1) * size / parts); neighbours overlap where size / parts is
    no whole number. (batch, *sizes, channels) -> (batch, *output_sizes, channels).
    """
    for axis, parts in enumerate(output_sizes, start=1):
        x = _adaptive_pool_axis(x, axis, parts, reduce)
    return x


def _adaptive_pool_axis(x: Array, axis: int, parts: int, reduce: Callable[..., Any]) -> Array:
    start, stop = adaptive_ranges(x.shape[axis], parts)
    if parts <= _MOST_PARTS:
        bounds = zip(start.tolist(), stop.tolist(), strict=True)
        return np.stack([reduce(x.take(range(*bound), axis=axis), axis=axis) for bound in bounds], axis=axis)
    if reduce is np.max:
        return range_max(x, axis, start, stop)
    made = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    summing = np.promote_types(made, np.float32)  # half precision would lose a sum
    length = (stop - start).reshape((-1, *(1,) * (x.ndim - 1 - axis)))
    means = range_sum(x.astype(summing, copy=False), axis, start, stop) / length.astype(summing)
    return means.astype(made, copy=False)


def adaptive_pool_gradient(x: Array, dy: Array, output_sizes: tuple[int, ...], reduce: Callable[..., Any]) -> Array:
    """Go back axis by axis, the last one first; overlapping parts add up."""
    stages = [x]
    for axis, parts in enumerate(output_sizes, start=1):
        stages.append(_adaptive_pool_axis(stages[-1], axis, parts, reduce))
    for axis in range(len(output_sizes), 0, -1):
        before, after = stages[axis - 1], stages[axis]
        dx = np.zeros_like(before)
        for part, (start, stop) in enumerate(zip(*adaptive_ranges(before.shape[axis], after.shape[axis]), strict=True)):
            wide, one = _part(axis, start, stop), _part(axis, part, part + 1)
            if reduce is np.max:
                dx[wide] += extreme_gradient(before[wide], after[one], dy[one], (axis,))
            else:
                dx[wide] += dy[one] / dy.dtype.type(stop - start)
        dy = dx
    return dy


def adaptive_ranges(size: int, parts: int) -> tuple[Array, Array]:
    """Return where each part of an axis of `size` starts, and where it stops."""
    part = np.arange(parts, dtype=np.int64)
    return part * size // parts, -(-(part + 1) * size // parts)


def _part(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))
