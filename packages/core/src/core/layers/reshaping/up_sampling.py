"""Up-sampling makes an image larger by a whole factor; the plain way repeats every cell."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integers
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer


class UpSampling(SpatialLayer):
    """y[p * size + r] = x[p] for r = 0 ... size - 1: (batch, *sizes, channels) -> (batch, *(sizes * size), channels).

    Source: https://keras.io/api/layers/reshaping_layers/up_sampling2d/
    """

    def __init__(self, size: Any = 2, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.size = integers(size, "size", count=self.rank)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Each known size times its factor."""
        sizes, channels = self.split_shape(input_shape)
        larger = (None if size is None else size * factor for size, factor in zip(sizes, self.size, strict=True))
        return self.join_shape(input_shape[0], tuple(larger), channels)

    def enlarge(self, x: Array) -> Array:
        """Repeat every cell along each axis."""
        for axis, factor in enumerate(self.size, start=1):
            x = np.repeat(x, factor, axis=axis)
        return x

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """dx[p] = sum over r of dy[p * size + r]."""

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dy = self.to_channels_last(dy)
            sizes = [
                size for pair in zip(self.to_channels_last(x).shape[1:-1], self.size, strict=True) for size in pair
            ]
            cells = dy.reshape(len(dy), *sizes, dy.shape[-1])
            return self.from_channels_last(cells.sum(axis=tuple(range(2, 2 * self.rank + 1, 2)))), {}

        return self.from_channels_last(self.enlarge(self.to_channels_last(x))), backward
