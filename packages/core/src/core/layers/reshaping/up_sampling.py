"""Up-sampling makes an image larger by a whole factor; the plain way repeats every number."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integers
from core.layers.gradients import Backward
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

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the enlarged x; see `enlarge_gradient`."""
        y = self.enlarge(self.to_channels_last(x))
        return self.from_channels_last(y), lambda dy: (
            self.from_channels_last(self.enlarge_gradient(self.to_channels_last(dy))),
            {},
        )

    def enlarge(self, x: Array) -> Array:
        """Repeat every number along each axis."""
        for axis, factor in enumerate(self.size, start=1):
            x = np.repeat(x, factor, axis=axis)
        return x

    def enlarge_gradient(self, dy: Array) -> Array:
        """dx[p] = sum over r of dy[p * size + r]."""
        pairs = ((size // factor, factor) for size, factor in zip(dy.shape[1:-1], self.size, strict=True))
        repeated = dy.reshape(len(dy), *(size for pair in pairs for size in pair), dy.shape[-1])
        return repeated.sum(axis=tuple(range(2, 2 * self.rank + 1, 2)))
