"""Adaptive histogram equalisation spreads the grey levels of each part of an image, so that shadows show detail too.

Every tile gets a curve (grey level -> new grey level): the running sum of its histogram, in which no level may count
more than a limit. A pixel takes the curves of the four tiles around it, each weighted by how near its middle is.
Source: Zuiderveld 1994, "Contrast limited adaptive histogram equalization", Graphics Gems IV
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integers, number
from core.layers.spatial import SpatialLayer
from core.layers.work import Work
from vision.layers.value_range import BYTES, move_range, read_range

#: Grey levels of a byte.
LEVELS = 256


class ContrastLimitedAdaptiveHistogramEqualization(SpatialLayer):
    """(batch, height, width, channels) unchanged, and in the type that came in; every channel on its own.

    `tile_grid_size` tiles, a level counts at most `clip_limit` times the mean (0: no limit). It acts whether or not the
    network trains. Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/
    """

    rank = 2

    def __init__(
        self,
        value_range: Any = (0, 255),
        clip_limit: float = 4.0,
        tile_grid_size: Any = (8, 8),
        data_format: object = None,
        bounding_box_format: object = None,
        **common: Any,
    ) -> None:
        super().__init__(data_format, **common)
        self.value_range = read_range(value_range)
        self.clip_limit = number(clip_limit, "clip_limit")
        self.grid = integers(tile_grid_size, "tile_grid_size", count=2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays."""
        self.split_shape(input_shape)
        return input_shape

    def work(self, input_shape: Shape) -> Work:
        """A curve for every tile and channel, and the images inside whole tiles."""
        (height, width), channels = self.split_shape(input_shape)
        each = (input_shape[0] or 0) * (channels or 0)
        curves = each * math.prod(self.grid) * LEVELS
        whole = each * math.prod(
            max(count, (size or 0) + count) for size, count in zip((height, width), self.grid, strict=True)
        )
        return Work(10 * curves + 20 * whole, 8 * (4 * curves + 6 * whole))

    def call(self, x: Array) -> Array:
        """Return the equalised images."""
        images = move_range(self.to_channels_last(x).astype(np.float32), self.value_range, BYTES)
        tile = tuple(-(-size // count) for size, count in zip(images.shape[1:3], self.grid, strict=True))
        curves = self._curves(images, tile)
        levels = np.clip(images, *BYTES).astype(np.int32)
        equalised = move_range(_apply(curves, levels, tile), BYTES, self.value_range)
        return self.from_channels_last(equalised.astype(x.dtype))

    def _curves(self, images: Array, tile: tuple[int, ...]) -> Array:
        """Return the curve of each tile and channel: (batch, rows, columns, channels, LEVELS)."""
        batch, height, width, channels = images.shape
        (rows, columns), (tall, wide) = self.grid, tile
        added = ((0, 0), (0, rows * tall - height), (0, columns * wide - width), (0, 0))
        whole = np.clip(np.pad(images, added, mode="symmetric").astype(np.int32), 0, LEVELS - 1)
        tiles = whole.reshape(batch, rows, tall, columns, wide, channels).transpose(0, 1, 3, 5, 2, 4)
        counts = _histograms(tiles.reshape(-1, tall * wide)).reshape(*tiles.shape[:4], LEVELS)
        if self.clip_limit > 0:
            limit = np.float32(self.clip_limit * (tall * wide) / LEVELS)
            clipped = np.minimum(counts, limit)
            counts = clipped + np.sum(counts - clipped, axis=-1, keepdims=True) / np.float32(LEVELS)
        running = np.cumsum(counts, axis=-1, dtype=np.float32)
        least = np.min(running, axis=-1, keepdims=True)
        spread = np.float32(tall * wide) - least
        return np.clip((running - least) * np.float32(LEVELS - 1) / np.where(spread == 0, 1, spread), *BYTES)


def _histograms(pixels: Array) -> Array:
    """Count each grey level in every row: (rows, pixels) -> (rows, LEVELS)."""
    rows = len(pixels)
    flat = pixels + LEVELS * np.arange(rows)[:, None]
    return np.bincount(flat.ravel(), minlength=rows * LEVELS).reshape(rows, LEVELS).astype(np.float32)


def _apply(curves: Array, levels: Array, tile: tuple[int, ...]) -> Array:
    """Mix, for each pixel, what the curves of the four tiles around it say."""
    batch, height, width, channels = levels.shape
    above, below, down = _around(height, tile[0], curves.shape[1])
    left, right, across = _around(width, tile[1], curves.shape[2])
    example = np.arange(batch)[:, None, None, None]
    channel = np.arange(channels)

    def looked_up(row: Array, column: Array) -> Array:
        return curves[example, row[:, None, None], column[:, None], channel, levels]

    across, down = across[:, None], down[:, None, None]
    upper = looked_up(above, left) * (1 - across) + looked_up(above, right) * across
    lower = looked_up(below, left) * (1 - across) + looked_up(below, right) * across
    return upper * (1 - down) + lower * down


def _around(size: int, tile: int, count: int) -> tuple[Array, Array, Array]:
    """Return, for each pixel of one axis, the tile before it, the tile after it, and how far it is between their middles."""
    after = (np.arange(size, dtype=np.float32) - np.float32(tile / 2)) / np.float32(tile) + 1
    second = np.floor(after)
    first, last = (np.clip(number, 0, count - 1).astype(np.intp) for number in (second - 1, second))
    return first, last, after - second
