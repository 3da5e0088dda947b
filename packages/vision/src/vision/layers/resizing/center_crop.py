"""A center crop keeps the middle of an image; images that are too small for it are enlarged first."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import integer
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work
from core.ops.padding import crop, pad
from vision.layers.resizing.aspect import crop_amounts, middle_amounts
from vision.layers.resizing.resize import resize, resize_gradient, work_of_resizing


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
        """Return the middle of each image; dx = dy there, 0 around it."""
        x = self.to_channels_last(x).astype(self.dtype.compute_dtype, copy=False)
        sizes = x.shape[1:3]
        small = any(size < wanted for size, wanted in zip(sizes, self.size, strict=True))
        amounts = crop_amounts(sizes, self.size) if small else middle_amounts(sizes, self.size)
        y = crop(x, amounts)
        kept = y.shape[1:3]

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dy = self.to_channels_last(dy)
            return self.from_channels_last(pad(resize_gradient(dy, kept, "bilinear") if small else dy, amounts)), {}

        return self.from_channels_last(resize(y, self.size, "bilinear") if small else y), backward
