"""Automatic contrast stretches the values of each channel until they fill their range."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.layers.base import Layer
from vision.layers.contrast.value_range import BYTES, move_range, read_range


class AutoContrast(Layer):
    """y = (x - lowest) / (highest - lowest), as a part of `value_range`; images of one single value stay as they are.

    (batch, height, width, channels) unchanged; lowest and highest are those of each image and channel, along axes 1 and
    2 whatever the data format, as in Keras. It acts whether or not the network trains.
    Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/auto_contrast/
    """

    def __init__(
        self,
        value_range: Any = (0, 255),
        data_format: object = None,
        bounding_box_format: object = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if not isinstance(value_range, list | tuple):
            raise InputError(f"value_range must be two numbers, got {value_range!r}")
        self.value_range = read_range(sorted(value_range))

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Expect a batch of images."""
        if len(shapes[0]) != 4:
            raise InputError(f"expects images, (batch, height, width, channels), got the shape {shapes[0]}")
        self.expect(rank=4)

    def call(self, x: Array) -> Array:
        """Return the stretched images, in the layer's type."""
        x = x.astype(self.dtype.compute_dtype, copy=False)
        images = move_range(x, self.value_range, BYTES)
        low, high = (extreme(images, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
        scale = x.dtype.type(255) / (high - low)
        stretched = np.clip(images * scale + -low * scale, *(x.dtype.type(limit) for limit in BYTES))
        stretched = move_range(stretched, BYTES, self.value_range)
        return np.where(np.isnan(stretched), x, stretched)  # NaN: 0 / 0, where all values are one
