"""Keeping an image's proportions: cut or pad it to the proportions of the size that it will get.

The amounts before and after height and width are those of `core.ops.padding`. Sizes are computed in float32 and cut to whole
numbers, as in Keras.
Source: `resize` in https://github.com/keras-team/keras/blob/master/keras/src/backend/tensorflow/image.py
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from core.ops.padding import Amounts


def crop_amounts(sizes: tuple[int, ...], target: tuple[int, int]) -> Amounts:
    """Return how much to cut off images of `sizes` so that the middle with the proportions of `target` is left."""
    return middle_amounts(sizes, tuple(max(min(pair), 1) for pair in _proportional(sizes, target)))


def pad_amounts(sizes: tuple[int, ...], target: tuple[int, int]) -> Amounts:
    """Return how much to add to images of `sizes`, the same on both sides, for the proportions of `target`."""
    half = ((max(size, other) - size) // 2 for size, other in _proportional(sizes, target))
    return tuple((amount, amount) for amount in half)


def middle_amounts(sizes: tuple[int, ...], wanted: tuple[int, ...]) -> Amounts:
    """Return how much to cut off so that the middle, of the size that is wanted, is left."""
    extra = (size - kept for size, kept in zip(sizes, wanted, strict=True))
    return tuple((amount // 2, amount - amount // 2) for amount in extra)


def _proportional(sizes: tuple[int, ...], target: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """Go through height and width: the size, and the one that has the proportions of `target` to the other size."""
    for size, other, wanted, other_wanted in zip(sizes, reversed(sizes), target, reversed(target), strict=True):
        yield size, int(np.float32(other * wanted) / np.float32(other_wanted))
