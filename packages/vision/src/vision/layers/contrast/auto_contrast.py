"""Automatic contrast stretches the values of each channel until they fill their range."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.layers.spatial import SpatialLayer
from vision.layers.value_range import BYTES, move_range, read_range


class AutoContrast(SpatialLayer):
    """y = (x - lowest) / (highest - lowest), as a part of `value_range`; images of one single value stay as they are.

    (batch, height, width, channels) unchanged; lowest and highest are those of each image and channel, along axes 1 and
    2 whatever the data format, as in Keras. It acts whether or not the network trains.
    Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/auto_contrast/
    """

    rank = 2

    def __init__(
        self,
        value_range: Any = (0, 255),
        data_format: object = None,
        bounding_box_format: object = None,
        **common: Any,
    ) -> None:
        super().__init__(data_format, **common)
        self.value_range = read_range(value_range, sort=True)

    def call(self, x: Array) -> Array:
        """Return the stretched images, in the layer's type."""
        x = x.astype(self.dtype.compute_dtype, copy=False)
        images = move_range(x, self.value_range, BYTES)
        low, high = (extreme(images, axis=(1, 2), keepdims=True) for extreme in (np.min, np.max))
        scale = x.dtype.type(255) / (high - low)
        stretched = np.clip(images * scale + -low * scale, *(x.dtype.type(limit) for limit in BYTES))
        stretched = move_range(stretched, BYTES, self.value_range)
        return np.where(np.isnan(stretched), x, stretched)  # NaN: 0 / 0, where all values are one
