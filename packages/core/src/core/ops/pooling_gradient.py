"""The way back through pooling: the largest cell of a window takes its whole gradient, an average shares it out.

Arrays are (batch, *sizes, channels), as in `core.ops.pooling`.
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.ops.convolution_gradient import without_padding
from core.ops.windows import Window, cells


def max_pool_gradient(x: Array, y: Array, dy: Array, window: Window) -> Array:
    """The first of the cells that are equal to the maximum takes the gradient, as in TensorFlow."""
    padded = window.padded(x, -np.inf)
    dx = np.zeros_like(padded)
    left = dy.copy()
    for (_, seen), (_, target) in zip(cells(padded, window), cells(dx, window), strict=True):
        share = left * (seen == y)
        left -= share
        np.add(target, share, out=target)  # the view writes into dx
    return without_padding(dx, window, x.shape[1:-1])


def average_pool_gradient(x: Array, dy: Array, window: Window) -> Array:
    """Each cell of a window takes the same share; padding takes none."""
    counts = np.zeros((1, *dy.shape[1:-1], 1), dy.dtype)
    for _, seen in cells(window.padded(np.ones((1, *x.shape[1:-1], 1), dy.dtype)), window):
        counts += seen
    share = dy / counts
    dx = np.zeros_like(window.padded(x))
    for _, target in cells(dx, window):
        np.add(target, share, out=target)  # the view writes into dx
    return without_padding(dx, window, x.shape[1:-1])


def largest_gradient(x: Array, y: Array, dy: Array, axes: tuple[int, ...]) -> Array:
    """The way back through the maximum over `axes` (kept, of size 1, in y and dy): equal cells share the gradient."""
    largest = x == y
    return largest * (dy / np.sum(largest, axis=axes, keepdims=True, dtype=dy.dtype))


def adaptive_pool_gradient(x: Array, dy: Array, output_sizes: tuple[int, ...], *, largest: bool) -> Array:
    """Go back axis by axis, the last one first; overlapping parts add up."""
    stages = [x]
    for axis, parts in enumerate(output_sizes, start=1):
        reduce = np.max if largest else np.mean
        before = stages[-1]
        pieces = [reduce(before[_part(axis, *bound)], axis=axis) for bound in _bounds(before.shape[axis], parts)]
        stages.append(np.stack(pieces, axis=axis))
    for axis in range(len(output_sizes), 0, -1):
        before, after = stages[axis - 1], stages[axis]
        dx = np.zeros_like(before)
        for part, bound in enumerate(_bounds(before.shape[axis], output_sizes[axis - 1])):
            place, one = _part(axis, *bound), _part(axis, part, part + 1)
            if largest:
                dx[place] += largest_gradient(before[place], after[one], dy[one], (axis,))
            else:
                dx[place] += dy[one] / dy.dtype.type(bound[1] - bound[0])
        dy = dx
    return dy


def _bounds(size: int, parts: int) -> list[tuple[int, int]]:
    return [(part * size // parts, -(-(part + 1) * size // parts)) for part in range(parts)]


def _part(axis: int, start: int, stop: int) -> tuple[slice, ...]:
    return (*(slice(None),) * axis, slice(start, stop))
