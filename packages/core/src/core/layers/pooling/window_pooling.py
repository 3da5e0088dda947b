"""Pooling with a window makes an image smaller and keeps, of each window, its largest value or its average."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from core.arrays import Array, Shape
from core.checks import integers, one_of
from core.kernels.tiles import by_rows
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work, numbers_in
from core.ops.pooling import MOST_TAPS, average_pool, average_pool_gradient, max_pool, max_pool_gradient
from core.ops.windows import Window


class Pooling(SpatialLayer):
    """(batch, *sizes, channels) -> (batch, *positions, channels); the strides are the window's size unless given."""

    def __init__(
        self, pool_size: Any = 2, strides: Any = None, padding: str = "valid", data_format: object = None, **common: Any
    ) -> None:
        super().__init__(data_format, **common)
        size = integers(pool_size, "pool_size", count=self.rank)
        self.window = Window(
            size=size,
            strides=size if strides is None else integers(strides, "strides", count=self.rank),
            dilation=(1,) * self.rank,
            padding=one_of(padding.lower() if isinstance(padding, str) else padding, "padding", ("valid", "same")),
        )

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *positions, channels)."""
        sizes, channels = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], self.window.output_sizes(sizes), channels)

    def work(self, input_shape: Shape) -> Work:
        """A small window is gone through tap by tap, a large one in as many passes as its sizes have binary digits."""
        taps = math.prod(self.window.size)
        numbers, positions = numbers_in([input_shape]), numbers_in([self.compute_output_shape(input_shape)])
        passes = taps if taps <= MOST_TAPS else sum(2 * size.bit_length() for size in self.window.size)
        padded = 1
        if taps <= MOST_TAPS:
            sizes, _ = self.split_shape(input_shape)
            padded = math.prod(size or 0 for size in self.window.padded_sizes(sizes)) // max(
                1, math.prod(size or 1 for size in sizes)
            )
        inside = (2 + padded) * numbers * max(4, self.number_bytes)
        return Work(numbers + max(positions, numbers) * passes, inside, positions * taps)


class MaxPooling(Pooling):
    """y[p, c] = the largest x[p * stride + o, c] over the taps o of the window; padding is below every number.

    Source: https://keras.io/api/layers/pooling_layers/max_pooling2d/
    """

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the largest value of each window; its tap takes dy."""
        x = self.to_channels_last(x)
        y = by_rows(partial(max_pool, window=self.window), x)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = by_rows(partial(max_pool_gradient, window=self.window), x, y, self.to_channels_last(dy))
            return self.from_channels_last(dx), {}

        return self.from_channels_last(y), backward


class AveragePooling(Pooling):
    """y[p, c] = the mean of x[p * stride + o, c] over the taps o that are not padding.

    Source: https://keras.io/api/layers/pooling_layers/average_pooling2d/
    """

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the mean of each window; its taps share dy."""
        x = self.to_channels_last(x)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx = by_rows(partial(average_pool_gradient, window=self.window), x, self.to_channels_last(dy))
            return self.from_channels_last(dx), {}

        return self.from_channels_last(by_rows(partial(average_pool, window=self.window), x)), backward
