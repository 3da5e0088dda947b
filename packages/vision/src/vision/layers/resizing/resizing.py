"""The resizing layer gives all images one size, whatever size they come in."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number, one_of
from core.errors import InputError
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work, numbers_in
from core.ops.padding import Amounts, crop, pad
from vision.layers.resizing.aspect import crop_amounts, pad_amounts
from vision.layers.resizing.resize import INTERPOLATIONS, resize, resize_gradient, work_of_resizing


class Resizing(SpatialLayer):
    """(batch, height, width, channels) -> (batch, self.height, self.width, channels).

    The proportions change unless `crop_to_aspect_ratio` or `pad_to_aspect_ratio`. Whole-number images stay whole
    numbers: rounded, and cut off at the ends of their type.
    Source: https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/
    """

    rank = 2

    def __init__(
        self,
        height: int,
        width: int,
        interpolation: str = "bilinear",
        crop_to_aspect_ratio: bool = False,
        pad_to_aspect_ratio: bool = False,
        fill_mode: str = "constant",
        fill_value: float = 0.0,
        antialias: bool = False,
        data_format: object = None,
        **common: Any,
    ) -> None:
        super().__init__(data_format, **common)
        self.size = (integer(height, "height"), integer(width, "width"))
        self.interpolation = one_of(interpolation, "interpolation", INTERPOLATIONS)
        self.crop = flag(crop_to_aspect_ratio, "crop_to_aspect_ratio")
        self.pad = flag(pad_to_aspect_ratio, "pad_to_aspect_ratio")
        if self.crop and self.pad:
            raise InputError("only one of crop_to_aspect_ratio and pad_to_aspect_ratio can be true")
        one_of(fill_mode, "fill_mode", ("constant",))
        self.fill_value = number(fill_value, "fill_value")
        self.antialias = flag(antialias, "antialias")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The size is fixed."""
        return self.join_shape(input_shape[0], self.size, self.split_shape(input_shape)[1])

    def work(self, input_shape: Shape) -> Work:
        """That of the interpolation, from images with their padding."""
        sizes, channels = self.split_shape(input_shape)
        added = self._amounts(tuple(size or 0 for size in sizes))[1]
        images = (input_shape[0], *((size or 0) + sum(each) for size, each in zip(sizes, added, strict=True)), channels)
        return work_of_resizing(images, self.size).plus(0, 4 * numbers_in([images]) if self.pad else 0)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the resized images; backward goes through the interpolation by its transpose."""
        images = self.to_channels_last(x)
        cut, added = self._amounts(images.shape[1:3])
        images = pad(crop(images, cut), added, self.fill_value)
        sizes, options = images.shape[1:3], {"antialias": self.antialias}
        resized = resize(images, self.size, self.interpolation, **options)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = resize_gradient(self.to_channels_last(dy), sizes, self.interpolation, **options)
            return self.from_channels_last(pad(crop(dx, added), cut)), {}

        return self.from_channels_last(_saturated(resized, x.dtype)), backward

    def _amounts(self, sizes: tuple[int, ...]) -> tuple[Amounts, Amounts]:
        """Return what is cut off images of `sizes`, and what is added to them, before they are resized."""
        none = ((0, 0), (0, 0))
        return crop_amounts(sizes, self.size) if self.crop else none, pad_amounts(
            sizes, self.size
        ) if self.pad else none


def _saturated(images: Array, dtype: np.dtype) -> Array:
    if dtype.kind in "iu" and images.dtype != dtype:
        limits = np.iinfo(dtype)
        images = np.clip(np.rint(images), limits.min, limits.max)
    return images.astype(dtype, copy=False)
