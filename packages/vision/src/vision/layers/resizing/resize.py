"""Resizing an image is interpolation along its height and then along its width, or the other way round."""

from __future__ import annotations

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError
from core.layers.work import Work
from vision.layers.resizing.interpolation import centers, weights

INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area")


def resize(images: Array, size: tuple[int, int], interpolation: str, *, antialias: bool = False) -> Array:
    """(batch, height, width, channels) -> (batch, *size, channels), as `keras.ops.image.resize` does.

    "nearest" keeps the type; all others give float32, whatever comes in. Raises `InputError` for images without pixels.
    """
    if 0 in images.shape[1:3]:
        raise InputError(f"images of the shape {images.shape} have no pixels to resize")
    if interpolation == "nearest":
        rows, columns = (_nearest(old, new) for old, new in zip(images.shape[1:3], size, strict=True))
        return images[:, rows[:, None], columns]
    images = images.astype(np.float32, copy=False)
    if interpolation == "bilinear" and not antialias:
        return _bilinear(images, size)
    by_row, by_column = (
        weights(old, new, interpolation, antialias=antialias) for old, new in zip(images.shape[1:3], size, strict=True)
    )
    batch, height, width, channels = images.shape
    tall = (by_row @ images.reshape(batch, height, width * channels)).reshape(batch, size[0], width, channels)
    return by_column @ tall


def work_of_resizing(shape: Shape, size: tuple[int, int]) -> Work:
    """Return what `resize` costs for images of `shape`: two matrices of weights, and images of the one size and the other."""
    batch, height, width, channels = (axis or 0 for axis in shape)
    weights = size[0] * height + size[1] * width
    between = batch * channels * max(size[0] * width, height * size[1])
    made = batch * channels * size[0] * size[1]
    adds = batch * channels * (size[0] * height * width + size[0] * size[1] * width)
    return Work(adds + 10 * weights + between + made, 24 * weights + 8 * (between + made) + 32 * sum(size))


def resize_gradient(dy: Array, sizes: tuple[int, ...], interpolation: str, *, antialias: bool = False) -> Array:
    """The transpose of `resize`: an input pixel gets back what it gave to each output pixel; `sizes` are those of the input."""
    by_row, by_column = (
        _matrix(old, new, interpolation, antialias=antialias) for old, new in zip(sizes, dy.shape[1:3], strict=True)
    )
    batch, height, _, channels = dy.shape
    wide = by_column.T.astype(dy.dtype) @ dy
    found = by_row.T.astype(dy.dtype) @ wide.reshape(batch, height, sizes[1] * channels)
    return found.reshape(batch, *sizes, channels)


def _matrix(inputs: int, outputs: int, interpolation: str, *, antialias: bool) -> Array:
    """Return how much of each input pixel goes into each output pixel, (outputs, inputs), whatever the interpolation."""
    matrix, each = np.zeros((outputs, inputs), np.float32), np.arange(outputs)
    if interpolation == "nearest":
        matrix[each, _nearest(inputs, outputs)] = 1
    elif interpolation == "bilinear" and not antialias:
        before, after, part = _neighbours(inputs, outputs)
        np.add.at(matrix, (each, before), 1 - part)
        np.add.at(matrix, (each, after), part)
    else:
        return weights(inputs, outputs, interpolation, antialias=antialias)
    return matrix


def _nearest(inputs: int, outputs: int) -> Array:
    """Return which input pixel holds the middle of each output pixel."""
    scale = np.float32(inputs) / np.float32(outputs)
    pixel = np.floor((np.arange(outputs, dtype=np.float32) + np.float32(0.5)) * scale).astype(np.intp)
    return np.clip(pixel, 0, inputs - 1)


def _bilinear(images: Array, size: tuple[int, int]) -> Array:
    """Mix left and right, then top and bottom, in TensorFlow's order: whole-number images must round the same way."""
    top, bottom, down = _neighbours(images.shape[1], size[0])
    left, right, across = _neighbours(images.shape[2], size[1])
    across, down = across[:, None], down[:, None, None]
    widened = images[:, :, left]
    widened = widened + (images[:, :, right] - widened) * across
    upper = widened[:, top]
    return upper + (widened[:, bottom] - upper) * down


def _neighbours(inputs: int, outputs: int) -> tuple[Array, Array, Array]:
    """Return the pixel before and the pixel after each output pixel, and how far it is on the way between them."""
    where = centers(inputs, outputs)
    before = np.floor(where)
    after = np.minimum(np.ceil(where).astype(np.intp), inputs - 1)
    return np.maximum(before.astype(np.intp), 0), after, where - before
