"""Adaptive pooling cuts an image in a fixed number of parts, whatever its size, and keeps one number of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape
from core.checks import integers
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work, numbers_in
from core.ops.pooling import adaptive_pool, adaptive_pool_gradient


class AdaptivePooling(SpatialLayer):
    """(batch, *sizes, channels) -> (batch, *output_size, channels); see `core.ops.pooling.adaptive_pool`."""

    reduce: ClassVar[Callable[..., Any]]

    def __init__(self, output_size: Any, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.output_size = integers(output_size, "output_size", count=self.rank)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *output_size, channels)."""
        _, channels = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], self.output_size, channels)

    def work(self, input_shape: Shape) -> Work:
        """Axis after axis the numbers become as many as there are parts, from sums of pieces."""
        sizes, _ = self.split_shape(input_shape)
        left, most, passes = numbers_in([input_shape]), 0, 0
        for size, parts in zip(sizes, self.output_size, strict=True):
            after = left // max(1, size or 1) * parts
            most, passes = max(most, left + after), passes + 2 * (left + after) * (size or 1).bit_length()
            left = after
        return Work(passes, 2 * most * max(4, self.number_bytes) + 40 * max(self.output_size))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return one number for each part and channel; dy goes to the largest numbers of a part, or is shared by all."""
        x = self.to_channels_last(x)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = adaptive_pool_gradient(x, self.to_channels_last(dy), self.output_size, type(self).reduce)
            return self.from_channels_last(dx), {}

        return self.from_channels_last(adaptive_pool(x, self.output_size, type(self).reduce)), backward


class AdaptiveMaxPooling(AdaptivePooling):
    """y[i, c] = the largest x[p, c] over the positions p of part i."""

    reduce = staticmethod(np.max)


class AdaptiveAveragePooling(AdaptivePooling):
    """y[i, c] = the mean of x[p, c] over the positions p of part i."""

    reduce = staticmethod(np.mean)
