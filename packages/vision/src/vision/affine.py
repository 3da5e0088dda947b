"""An affine map moves the pixels of an image: turned, slanted, enlarged or shifted, each pixel looks up where it came from.

Beyond the border an image goes on as `fill_mode` says, here for the pixels a b c d::

    reflect    d c b a | a b c d | d c b a        nearest    a a a a | a b c d | d d d d
    wrap       a b c d | a b c d | a b c d        constant   k k k k | a b c d | k k k k, with k = `fill_value`

Source: `ImageProjectiveTransformV3` in
https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/kernels/image/image_ops.h
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array


def affine_transform(
    images: Array, maps: Array, *, fill_mode: str, interpolation: str, fill_value: float = 0.0
) -> Array:
    """y[b, i, j] = x[b] at the position (row, column) with column = a0 j + a1 i + a2 and row = b0 j + b1 i + b2.

    images (batch, height, width, channels) and maps (batch, 2, 3), [[a0, a1, a2], [b0, b1, b2]], give images of the
    same shape and type. Between pixels, `interpolation` takes the "nearest", or is "bilinear".
    """
    batch, height, width, _ = images.shape
    (a0, a1, a2), (b0, b1, b2) = maps.astype(np.float32).transpose(1, 2, 0)[..., None, None]
    i, j = np.arange(height, dtype=np.float32)[:, None], np.arange(width, dtype=np.float32)
    rows, columns = b0 * j + b1 * i + b2, a0 * j + a1 * i + a2
    rows, columns = FILL_MODES[fill_mode](rows, height), FILL_MODES[fill_mode](columns, width)

    def pixels(down: Array, across: Array) -> Array:
        inside = (down >= 0) & (down < height) & (across >= 0) & (across < width)
        down, across = (np.clip(down, 0, height - 1).astype(np.intp), np.clip(across, 0, width - 1).astype(np.intp))
        seen = images[np.arange(batch)[:, None, None], down, across]
        return np.where(inside[..., None], seen, images.dtype.type(fill_value))

    if interpolation == "nearest":
        return pixels(*(np.trunc(position + np.copysign(np.float32(0.5), position)) for position in (rows, columns)))
    top, left = np.floor(rows), np.floor(columns)
    lower, right = ((position - first)[..., None] for position, first in ((rows, top), (columns, left)))
    above = pixels(top, left) * (1 - right) + pixels(top, left + 1) * right
    below = pixels(top + 1, left) * (1 - right) + pixels(top + 1, left + 1) * right
    return (above * (1 - lower) + below * lower).astype(images.dtype, copy=False)


def shifts(down: Array, right: Array) -> Array:
    """Return the matrices of images that are moved by so many pixels; down and right (batch,)."""
    return matrices([1, 0, -right], [0, 1, -down])


def matrices(*rows: list[Any]) -> Array:
    """Write two rows of three numbers, each (batch,) or one for all, as (batch, 2, 3)."""
    entries = np.broadcast_arrays(*(np.asarray(entry, np.float32) for row in rows for entry in row))
    return np.stack(entries, axis=-1).reshape(-1, 2, 3)


def _reflect(positions: Array, size: int) -> Array:
    """Go back and forth: every 2 * size pixels it begins anew."""
    period = np.float32(2 * size)
    low = positions + period * np.trunc(np.maximum(-positions, 0) / period)
    low = np.where(low < -size, low + period, -low - 1)
    high = positions - period * np.trunc(np.maximum(positions, 0) / period)
    high = np.where(high >= size, period - high - 1, high)
    return _nearest(np.where(positions < 0, low, np.where(positions > size - 1, high, positions)), size)


def _wrap(positions: Array, size: int) -> Array:
    """Begin anew after `size` pixels; between the last one and the first there is no position."""
    if size == 1:
        return np.zeros_like(positions)
    last, whole = np.float32(size - 1), np.float32(size)
    low = positions + whole * (np.trunc(-positions / last) + 1)
    high = positions - whole * np.trunc(positions / last)
    return _nearest(np.where(positions < 0, low, np.where(positions > size - 1, high, positions)), size)


def _nearest(positions: Array, size: int) -> Array:
    """Stay at the border."""
    return np.clip(positions, 0, np.float32(size - 1))


def _constant(positions: Array, size: int) -> Array:
    """Stay outside."""
    del size
    return positions


#: Where a position lies that may be outside: (positions, size) -> positions from 0 to size - 1, unless they stay outside.
FILL_MODES: dict[str, Callable[[Array, int], Array]] = {
    "constant": _constant,
    "reflect": _reflect,
    "wrap": _wrap,
    "nearest": _nearest,
}
