"""Keeping an image's proportions: cut it, or give it a border, to the proportions of the size that it will get.

Sizes are computed in float32 and cut to whole numbers, as in Keras.
Source: `resize` in https://github.com/keras-team/keras/blob/master/keras/src/backend/tensorflow/image.py
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array


def crop_to_aspect(images: Array, size: tuple[int, int]) -> Array:
    """Cut the middle out of (batch, height, width, channels) that has the proportions of `size`."""
    rows, columns = cropped_to_aspect(images.shape[1], images.shape[2], size)
    return images[:, rows, columns]


def cropped_to_aspect(height: int, width: int, size: tuple[int, int]) -> tuple[slice, slice]:
    """Return which rows and columns `crop_to_aspect` keeps."""
    crop_height = max(min(height, _scaled(width, size[0], size[1])), 1)
    crop_width = max(min(width, _scaled(height, size[1], size[0])), 1)
    top, left = (height - crop_height) // 2, (width - crop_width) // 2
    return slice(top, top + crop_height), slice(left, left + crop_width)


def pad_to_aspect(images: Array, size: tuple[int, int], value: float) -> Array:
    """Add a border of `value`, the same on both sides, that gives the image the proportions of `size`."""
    above, beside = padded_to_aspect(images.shape[1], images.shape[2], size)
    border = ((0, 0), (above, above), (beside, beside), (0, 0))
    return np.pad(images, border, constant_values=images.dtype.type(value))


def padded_to_aspect(height: int, width: int, size: tuple[int, int]) -> tuple[int, int]:
    """Return how wide the border of `pad_to_aspect` is, above and below, left and right."""
    above = (max(height, _scaled(width, size[0], size[1])) - height) // 2
    beside = (max(width, _scaled(height, size[1], size[0])) - width) // 2
    return above, beside


def _scaled(side: int, target: int, other_target: int) -> int:
    return int(np.float32(side * target) / np.float32(other_target))
