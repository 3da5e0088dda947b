"""Interpolation along one axis is a matrix: row i says how much of each input pixel goes into output pixel i.

Pixel i of n lies at (i + 0.5) / n ("half-pixel centers"). Every function gives (outputs, inputs) in
float32, as TensorFlow computes it, so that resized images are the same.
Source: https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/kernels/image
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

import numpy as np

from core.arrays import Array

Kernel: TypeAlias = Callable[[Array], Array]

#: Matrices that are kept for the next call: two for each size to which images are brought. What is larger is made anew, so
#: that all of them together take 64 MB at most.
_KEPT = 16
LARGEST_KEPT = 2**20
#: TensorFlow reads the cubic kernel from a table with this many steps between two pixels.
_CUBIC_STEPS = 1024
#: Nearer than this to its middle, a Lanczos kernel counts as 1 (it would be 0 / 0).
_LANCZOS_MIDDLE = 1e-3


def weights(inputs: int, outputs: int, interpolation: str, *, antialias: bool) -> Array:
    """Return the matrix of an interpolation that is not "nearest", (outputs, inputs); it is shared and must stay as it is."""
    make = _kept_weights if inputs * outputs <= LARGEST_KEPT else _kept_weights.__wrapped__
    return make(inputs, outputs, interpolation, antialias)


@lru_cache(_KEPT)
def _kept_weights(inputs: int, outputs: int, interpolation: str, antialias: bool) -> Array:
    if interpolation == "area":
        return area(inputs, outputs)
    if interpolation == "bicubic" and not antialias:
        return cubic(inputs, outputs)
    return sampled(interpolation, inputs, outputs, antialias=antialias)


def centers(inputs: int, outputs: int) -> Array:
    """Return where the middle of each output pixel lies, counted in input pixels from the middle of the first one."""
    scale = np.float32(inputs) / np.float32(outputs)
    return (np.arange(outputs, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)


def triangle(x: Array) -> Array:
    """max(0, 1 - |x|): bilinear interpolation."""
    return np.maximum(0, 1 - np.abs(x))


def keys_cubic(x: Array) -> Array:
    """The cubic of Keys 1981 with a = -0.5, https://doi.org/10.1109/TASSP.1981.1163711."""
    x = np.abs(x)
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def lanczos(radius: int) -> Kernel:
    """sinc(x) * sinc(x / radius) for |x| <= radius."""

    def kernel(x: Array) -> Array:
        value = np.sinc(x) * np.sinc(x / radius)
        return np.where(np.abs(x) <= _LANCZOS_MIDDLE, 1, np.where(np.abs(x) > radius, 0, value))

    return kernel


def sampled(kind: str, inputs: int, outputs: int, *, antialias: bool) -> Array:
    """Weigh the input pixels around each output pixel with a kernel; antialias widens it where the image shrinks."""
    kernel, radius = {
        "bilinear": (triangle, 1), "bicubic": (keys_cubic, 2), "lanczos3": (lanczos(3), 3), "lanczos5": (lanczos(5), 5),
    }[kind]  # fmt: skip
    step = 1 / (np.float32(outputs) / np.float32(inputs))  # one output pixel, counted in input pixels
    wider = np.maximum(step, np.float32(1)) if antialias else np.float32(1)
    middle = (np.arange(outputs, dtype=np.float32) + np.float32(0.5)) * step
    distance = (np.arange(inputs, dtype=np.float32) + np.float32(0.5)) - middle[:, None]
    weights = np.where(np.abs(distance) <= radius * wider, kernel(distance / wider), 0)
    return _normalized(weights)


def cubic(inputs: int, outputs: int) -> Array:
    """Weigh four pixels with `keys_cubic`, read from a table; pixels beyond the border count for nothing."""
    where = centers(inputs, outputs)
    first = np.floor(where)
    step = np.rint((where - first) * _CUBIC_STEPS) / _CUBIC_STEPS
    weights = np.zeros((outputs, inputs), dtype=np.float64)
    for neighbour in (-1, 0, 1, 2):
        pixel = first.astype(np.intp) + neighbour
        inside = (pixel >= 0) & (pixel < inputs)
        weights[np.flatnonzero(inside), pixel[inside]] += keys_cubic(neighbour - step.astype(np.float64))[inside]
    return _normalized(weights)


def area(inputs: int, outputs: int) -> Array:
    """Weigh each input pixel by the part of the output pixel that it covers."""
    step = np.float32(inputs) / np.float32(outputs)
    edges = (np.arange(outputs + 1, dtype=np.float32) * step)[:, None]
    pixel = np.arange(inputs, dtype=np.float32)
    covered = np.minimum(edges[1:], pixel + 1) - np.maximum(edges[:-1], pixel)
    inside = (pixel < edges[:-1]) & (pixel + 1 > edges[1:])  # an output pixel within one input pixel
    return np.where(inside, step, np.maximum(covered, 0)) / step


def _normalized(weights: Array) -> Array:
    """Make the weights of every output pixel add up to 1."""
    return (weights / np.sum(weights, axis=1, keepdims=True)).astype(np.float32)
