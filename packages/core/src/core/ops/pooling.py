"""Pooling keeps one number of each window: the largest, or the average of those that are there.

Arrays are (batch, *sizes, channels), for any number of sizes. Padding takes no part: it is below every number for the
maximum, and the average divides by the cells that hold an input.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.ops.windows import Window, cells


def max_pool(x: Array, window: Window) -> Array:
    """y[b, p, c] = the largest of x[b, p * stride + o, c] over the cells o: (batch, *places, channels)."""
    lowest = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    views = (seen for _, seen in cells(window.padded(x, lowest), window))
    y = next(views).copy()
    for seen in views:
        np.maximum(y, seen, out=y)
    return y


def average_pool(x: Array, window: Window) -> Array:
    """y[b, p, c] = the mean of x[b, p * stride + o, c] over the cells o inside the array: (batch, *places, channels)."""
    summing = np.promote_types(x.dtype, np.float32)
    counts = _sum_pool(np.ones((1, *x.shape[1:-1], 1), dtype=summing), window)
    return (_sum_pool(x.astype(summing, copy=False), window) / counts).astype(x.dtype, copy=False)


def adaptive_pool(x: Array, output_sizes: tuple[int, ...], reduce: Callable[..., Any]) -> Array:
    """Cut each axis in `output_sizes` parts and keep `reduce` (np.max or np.mean) of each part, axis after axis.

    Part i goes from floor(i * size / parts) to ceil((i + 1) * size / parts); neighbours overlap where size / parts is
    no whole number. (batch, *sizes, channels) -> (batch, *output_sizes, channels).
    """
    for axis, parts in enumerate(output_sizes, start=1):
        size = x.shape[axis]
        bounds = [(part * size // parts, -(-(part + 1) * size // parts)) for part in range(parts)]
        x = np.stack([reduce(x.take(range(*bound), axis=axis), axis=axis) for bound in bounds], axis=axis)
    return x


def _sum_pool(x: Array, window: Window) -> Array:
    views = (seen for _, seen in cells(window.padded(x), window))
    total = next(views).copy()
    for seen in views:
        total += seen
    return total
