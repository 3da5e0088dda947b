"""Global pooling looks at all positions at once: what is left of an image is one number for each channel."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag
from core.layers.gradients import Backward
from core.layers.spatial import SpatialLayer
from core.ops.pooling import extreme_gradient


class GlobalPooling(SpatialLayer):
    """(batch, *sizes, channels) -> (batch, channels), or (batch, 1, ..., channels) with `keepdims`."""

    def __init__(self, data_format: object = None, keepdims: bool = False, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.keepdims = flag(keepdims, "keepdims")

    @property
    def axes(self) -> tuple[int, ...]:
        """The axes that go."""
        first = 1 if self.data_format == "channels_last" else 2
        return tuple(range(first, first + self.rank))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, channels)."""
        _, channels = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], (1,) * self.rank if self.keepdims else (), channels)

    def with_axes(self, y: Array) -> Array:
        """View an output with the pooled axes, of size 1."""
        return y if self.keepdims else np.expand_dims(y, self.axes)


class GlobalMaxPooling(GlobalPooling):
    """y[c] = the largest x[p, c] over all positions p. Source: https://keras.io/api/layers/pooling_layers/global_max_pooling2d/"""

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the largest value of each channel; dy goes to where it was found, equal values share it."""
        y = np.max(x, axis=self.axes, keepdims=self.keepdims)
        return y, lambda dy: (extreme_gradient(x, self.with_axes(y), self.with_axes(dy), self.axes), {})


class GlobalAveragePooling(GlobalPooling):
    """y[c] = the mean of x[p, c] over all positions p.

    Source: https://keras.io/api/layers/pooling_layers/global_average_pooling2d/
    """

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the mean of each channel; dx = dy / number of positions, at all of them."""
        dtype, shape = x.dtype if x.dtype.kind == "f" else self.dtype.compute_dtype, x.shape
        y = np.mean(x, axis=self.axes, keepdims=self.keepdims, dtype=dtype)
        part = y.dtype.type(y.size / x.size)
        return y, lambda dy: (np.broadcast_to(self.with_axes(dy) * part, shape), {})
