"""Borders and up-sampling of images, (batch, height, width, channels), and of volumes, with a depth before the height.

Source: https://keras.io/api/layers/reshaping_layers/
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import one_of
from core.layers.reshaping.borders import Cropping, ZeroPadding
from core.layers.reshaping.up_sampling import UpSampling
from core.layers.work import Work
from vision.layers.resizing.resize import INTERPOLATIONS, resize, resize_gradient, work_of_resizing


class ZeroPadding2D(ZeroPadding):
    """`ZeroPadding` of height and width: a number, (rows, columns) or ((top, bottom), (left, right))."""

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """`ZeroPadding` of depth, height and width."""

    rank = 3


class Cropping2D(Cropping):
    """`Cropping` of height and width: a number, (rows, columns) or ((top, bottom), (left, right))."""

    rank = 2
    default = 0


class Cropping3D(Cropping):
    """`Cropping` of depth, height and width."""

    rank = 3


class UpSampling2D(UpSampling):
    """`UpSampling` of height and width; "nearest" repeats pixels, the other interpolations resize as `resize` does.

    (batch, height, width, channels) -> (batch, height * size[0], width * size[1], channels); float32 unless "nearest".
    """

    rank = 2

    def __init__(
        self, size: Any = 2, data_format: object = None, interpolation: str = "nearest", **common: Any
    ) -> None:
        super().__init__(size, data_format, **common)
        name = interpolation.lower() if isinstance(interpolation, str) else interpolation
        self.interpolation = one_of(name, "interpolation", INTERPOLATIONS)

    def enlarge(self, x: Array) -> Array:
        """Repeat or interpolate."""
        if self.interpolation == "nearest":
            return super().enlarge(x)
        height, width = np.multiply(x.shape[1:3], self.size)
        return resize(x, (int(height), int(width)), self.interpolation)

    def enlarge_gradient(self, dy: Array) -> Array:
        """Sum over repeated pixels, or go through the interpolation by its transpose."""
        if self.interpolation == "nearest":
            return super().enlarge_gradient(dy)
        height, width = np.floor_divide(dy.shape[1:3], self.size)
        return resize_gradient(dy, (int(height), int(width)), self.interpolation)

    def work(self, input_shape: Shape) -> Work:
        """That of the interpolation."""
        if self.interpolation == "nearest":
            return super().work(input_shape)
        (height, width), channels = self.split_shape(input_shape)
        larger = ((height or 0) * self.size[0], (width or 0) * self.size[1])
        return work_of_resizing((input_shape[0], height, width, channels), larger)


class UpSampling3D(UpSampling):
    """`UpSampling` of depth, height and width."""

    rank = 3
