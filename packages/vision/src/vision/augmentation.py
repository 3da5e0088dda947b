"""Augmentation shows a network a new version of every image in every epoch: mirrored, shifted, cut out.

Functions from a batch of images, (batch, height, width, channels), and a generator to a new batch of the same shape and
type; each image is drawn for on its own. Source: Shorten and Khoshgoftaar 2019, https://doi.org/10.1186/s40537-019-0197-0
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.errors import InputError

Augment = Callable[[Array, np.random.Generator], Array]


def flip(x: Array, rng: np.random.Generator, *, horizontal: bool = True, vertical: bool = False) -> Array:
    """Mirror each image left to right, top to bottom, or both, each with probability 1/2."""
    y = x
    for wanted, axis in ((horizontal, 2), (vertical, 1)):
        if wanted:
            chosen = rng.random(len(x)) < 0.5
            y = np.where(chosen[:, None, None, None], np.flip(y, axis=axis), y)
    return y


def shift(
    x: Array, rng: np.random.Generator, *, height: float = 0.125, width: float = 0.125, fill: float = 0.0
) -> Array:
    """Shift each image by up to these parts of its size in both directions; what comes in from outside holds `fill`.

    Between two pixels the value is interpolated, as in Keras' `RandomTranslation`.
    """
    down = rng.uniform(-height, height, len(x)) * x.shape[1]
    right = rng.uniform(-width, width, len(x)) * x.shape[2]
    y = _along(_along(x, down, 1, fill), right, 2, fill)
    return np.rint(y).astype(x.dtype) if x.dtype.kind in "iu" else y.astype(x.dtype, copy=False)


def crop(x: Array, rng: np.random.Generator, *, padding: int = 4) -> Array:
    """Add a border of zeros and cut a window of the old size out of it at random (He et al. 2016, section 4.2)."""
    wide = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    tops, lefts = rng.integers(2 * padding + 1, size=(2, len(x)))
    rows = tops[:, None] + np.arange(x.shape[1])
    columns = lefts[:, None] + np.arange(x.shape[2])
    return wide[np.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]]


def cutout(x: Array, rng: np.random.Generator, *, size: int = 8) -> Array:
    """Set a square of `size` pixels around a random place of each image to 0, less at a border.

    Source: DeVries and Taylor 2017, https://arxiv.org/abs/1708.04552
    """
    hidden = None
    for sides in (x.shape[1], x.shape[2]):
        apart = np.arange(sides) - rng.integers(sides, size=len(x))[:, None] + size // 2
        inside = (apart >= 0) & (apart < size)
        hidden = inside[:, :, None] if hidden is None else hidden & inside[:, None, :]
    assert hidden is not None
    return np.where(hidden[..., None], x.dtype.type(0), x)


def chain(*steps: Augment) -> Augment:
    """Apply one augmentation after the other: ``model.fit(x, y, augment=chain(flip, crop))``."""
    if not steps:
        raise InputError("chain needs at least one augmentation")

    def augment(x: Array, rng: np.random.Generator) -> Array:
        for step in steps:
            x = step(x, rng)
        return x

    return augment


def _along(x: Array, distances: Array, axis: int, fill: float) -> Array:
    """Move each image along one axis: y[i] = x[i - distance], between pixels by their share, in floats."""
    size = x.shape[axis]
    sources = np.arange(size) - distances[:, None]
    first = np.floor(sources).astype(np.int64)
    share = (sources - first).astype(np.float32 if x.dtype.itemsize < 8 else np.float64)
    spread = (len(x), size, 1, 1) if axis == 1 else (len(x), 1, size, 1)
    total = np.zeros(x.shape, share.dtype)
    for place, weight in ((first, 1 - share), (first + 1, share)):
        inside = ((place >= 0) & (place < size)).reshape(spread)
        seen = np.take_along_axis(x, np.clip(place, 0, size - 1).reshape(spread), axis=axis)
        total += np.where(inside, seen, fill) * weight.reshape(spread)
    return total
