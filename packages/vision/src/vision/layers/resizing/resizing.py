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
from vision.layers.resizing.aspect import crop_to_aspect, cropped_to_aspect, pad_to_aspect, padded_to_aspect
from vision.layers.resizing.resize import INTERPOLATIONS, resize, resize_back, work_of_resizing


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
        """That of the interpolation, from images with their border."""
        (height, width), channels = self.split_shape(input_shape)
        sides = [height or 0, width or 0]
        if self.pad:
            borders = padded_to_aspect(sides[0], sides[1], self.size)
            sides = [side + 2 * border for side, border in zip(sides, borders, strict=True)]
        images = (input_shape[0], *sides, channels)
        border = 4 * numbers_in([images]) if self.pad else 0
        return work_of_resizing(images, self.size).plus(0, border)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Back through the interpolation by its transpose, then into the part that was kept, or out of the border."""
        images = self.to_channels_last(x)
        height, width = images.shape[1:3]
        if self.crop:
            images = crop_to_aspect(images, self.size)
        elif self.pad:
            images = pad_to_aspect(images, self.size, self.fill_value)
        sides = images.shape[1], images.shape[2]
        resized = resize(images, self.size, self.interpolation, antialias=self.antialias)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = resize_back(self.to_channels_last(dy), sides, self.interpolation, antialias=self.antialias)
            if self.crop:
                part, dx = dx, np.zeros((len(dx), height, width, dx.shape[-1]), dx.dtype)
                dx[:, *cropped_to_aspect(height, width, self.size)] = part
            elif self.pad:
                above, beside = padded_to_aspect(height, width, self.size)
                dx = dx[:, above : above + height, beside : beside + width]
            return self.from_channels_last(dx), {}

        return self.from_channels_last(_saturated(resized, x.dtype)), backward


def _saturated(images: Array, dtype: np.dtype) -> Array:
    if dtype.kind in "iu" and images.dtype != dtype:
        limits = np.iinfo(dtype)
        images = np.clip(np.rint(images), limits.min, limits.max)
    return images.astype(dtype, copy=False)
