"""A center crop keeps the middle of an image; images that are too small for it are enlarged first."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work
from vision.layers.resizing.aspect import cropped_to_aspect
from vision.layers.resizing.resize import resize, resize_back, work_of_resizing


class CenterCrop(SpatialLayer):
    """(batch, height, width, channels) -> (batch, self.height, self.width, channels), in the layer's own type.

    y[i, j] = x[i + (height - self.height) // 2, j + (width - self.width) // 2]; where an image is smaller, it is cut to
    the proportions and resized (bilinear) instead.
    Source: https://keras.io/api/layers/preprocessing_layers/image_preprocessing/center_crop/
    """

    rank = 2

    def __init__(self, height: int, width: int, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.size = (integer(height, "height"), integer(width, "width"))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The size is fixed."""
        return self.join_shape(input_shape[0], self.size, self.split_shape(input_shape)[1])

    def work(self, input_shape: Shape) -> Work:
        """That of the interpolation, which images that are too small need."""
        sizes, channels = self.split_shape(input_shape)
        return work_of_resizing((input_shape[0], *sizes, channels), self.size)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """dx = dy in the middle, 0 around it; back through the interpolation where the image was too small."""
        images = self.to_channels_last(x).astype(self.dtype.compute_dtype, copy=False)
        shape = images.shape
        top, left = ((size - wanted) // 2 for size, wanted in zip(shape[1:3], self.size, strict=True))
        enlarges = top < 0 or left < 0
        kept = slice(top, top + self.size[0]), slice(left, left + self.size[1])
        if enlarges:
            kept = cropped_to_aspect(shape[1], shape[2], self.size)
        middle = images[:, *kept]
        sides = middle.shape[1], middle.shape[2]

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dy = self.to_channels_last(dy)
            dx = np.zeros(shape, dy.dtype)
            dx[:, *kept] = resize_back(dy, sides, "bilinear") if enlarges else dy
            return self.from_channels_last(dx), {}

        return self.from_channels_last(resize(middle, self.size, "bilinear") if enlarges else middle), backward
