"""Augmentation shows a network a new version of every image in every epoch: mirrored, shifted, cut out.

Functions from a batch of images, (batch, height, width, channels), and a generator to a new batch of the same shape and
type; each image is drawn for on its own. Source: Shorten and Khoshgoftaar 2019, https://doi.org/10.1186/s40537-019-0197-0
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.errors import InputError
from vision.affine import affine_transform, shifts

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
    down = rng.uniform(-height, height, len(x)).astype(np.float32) * x.shape[1]
    right = rng.uniform(-width, width, len(x)).astype(np.float32) * x.shape[2]
    images = x if x.dtype.kind == "f" else x.astype(np.float32)
    y = affine_transform(images, shifts(down, right), fill_mode="constant", interpolation="bilinear", fill_value=fill)
    return np.rint(y).astype(x.dtype) if x.dtype.kind in "iu" else y


def crop(x: Array, rng: np.random.Generator, *, padding: int = 4) -> Array:
    """Add a border of zeros and cut a window of the old size out of it at random (He et al. 2016, section 4.2)."""
    wide = np.pad(x, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    tops, lefts = rng.integers(2 * padding + 1, size=(2, len(x)))
    rows = tops[:, None] + np.arange(x.shape[1])
    columns = lefts[:, None] + np.arange(x.shape[2])
    return wide[np.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]]


def cutout(x: Array, rng: np.random.Generator, *, size: int = 8) -> Array:
    """Set a square of `size` pixels around a random position of each image to 0, less at a border.

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
