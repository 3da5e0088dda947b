"""A spatial layer works along axes of positions, with channels at each: one of time, two of an image, three of a volume.

The number of these axes is the class attribute `rank`; a Conv1D and a Conv2D are the same class but for it. Inside, the
channels always come last: ``data_format="channels_first"`` is a transposition before and after.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.checks import one_of
from core.errors import InputError
from core.layers.base import Layer


class SpatialLayer(Layer):
    """(batch, *sizes, channels), or (batch, channels, *sizes) for "channels_first", with `rank` sizes."""

    rank: ClassVar[int]

    def __init__(self, data_format: object = None, **common: Any) -> None:
        super().__init__(**common)
        self.data_format = one_of(data_format or "channels_last", "data_format", ("channels_last", "channels_first"))

    @property
    def channel_axis(self) -> int:
        """Where the channels are."""
        return -1 if self.data_format == "channels_last" else 1

    def split_shape(self, shape: Shape) -> tuple[Shape, int | None]:
        """Return the sizes and the channels of a shape. Raises `InputError` for another number of axes."""
        if len(shape) != self.rank + 2:
            raise InputError(f"expects {self.rank + 2} axes, the batch included, got the shape {show_shape(shape)}")
        return (shape[1:-1], shape[-1]) if self.data_format == "channels_last" else (shape[2:], shape[1])

    def join_shape(self, batch: int | None, sizes: Shape, channels: int | None) -> Shape:
        """Put a shape together in the layer's data format."""
        last = self.data_format == "channels_last"
        return (batch, *sizes, channels) if last else (batch, channels, *sizes)

    def known_channels(self, shape: Shape) -> int:
        """Return the number of channels, which parameters depend on. Raises `InputError` where it is open."""
        channels = self.split_shape(shape)[1]
        if channels is None:
            raise InputError(f"needs to know the number of channels, got the shape {show_shape(shape)}")
        return channels

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Expect `rank` sizes and the channels that are there."""
        _, channels = self.split_shape(shapes[0])
        self.expect(rank=self.rank + 2, axes={self.channel_axis: channels})

    def check_input(self, x: Array) -> None:
        """Raise `InputError` unless `x` has the expected axes and is large enough for this layer."""
        super().check_input(x)
        try:
            self.compute_output_shape(x.shape)
        except InputError as error:
            raise InputError(f"{self}: {error}") from error

    def to_channels_last(self, x: Array) -> Array:
        """View the input with its channels last."""
        return x if self.data_format == "channels_last" else np.moveaxis(x, 1, -1)

    def from_channels_last(self, y: Array) -> Array:
        """View an output, channels last, in the layer's data format."""
        return y if self.data_format == "channels_last" else np.moveaxis(y, -1, 1)
