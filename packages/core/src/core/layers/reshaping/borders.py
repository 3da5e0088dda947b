"""Zero padding adds a border of zeros around an image; cropping cuts one away."""

from __future__ import annotations

from typing import Any, ClassVar

from core.arrays import Array, Shape
from core.checks import integers
from core.errors import InputError
from core.layers.gradients import Backward
from core.layers.spatial import SpatialLayer
from core.ops.padding import pad


class Border(SpatialLayer):
    """A number of cells before and after each axis: one number for all, one for each axis, or a pair for each axis."""

    def read_amounts(self, value: Any, option: str) -> tuple[tuple[int, int], ...]:
        """Read the option as one (before, after) for each axis."""
        if self.rank == 1:  # along one axis two numbers are before and after
            value = [value]
        if isinstance(value, int):
            value = [value] * self.rank
        if not isinstance(value, list | tuple) or len(value) != self.rank:
            raise InputError(f"{option} must be a number, or {self.rank} numbers or pairs of numbers, got {value!r}")
        pairs = [integers(entry, option, count=2, minimum=0) for entry in value]
        return tuple((before, after) for before, after in pairs)


class ZeroPadding(Border):
    """(batch, *sizes, channels) -> (batch, *(before + size + after), channels), zeros around.

    Source: https://keras.io/api/layers/reshaping_layers/zero_padding2d/
    """

    def __init__(self, padding: Any = 1, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.padding = self.read_amounts(padding, "padding")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Each known size grows by its border."""
        sizes, channels = self.split_shape(input_shape)
        grown = (
            None if size is None else size + sum(amounts) for size, amounts in zip(sizes, self.padding, strict=True)
        )
        return self.join_shape(input_shape[0], tuple(grown), channels)

    def call(self, x: Array) -> Array:
        """Return x with its border."""
        return self.from_channels_last(pad(self.to_channels_last(x), self.padding))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """dx is dy without its border."""
        sizes = self.to_channels_last(x).shape[1:-1]
        kept = (slice(before, before + size) for size, (before, _) in zip(sizes, self.padding, strict=True))
        inner = (slice(None), *kept)
        return self.call(x), lambda dy: (self.from_channels_last(self.to_channels_last(dy)[inner]), {})


class Cropping(Border):
    """(batch, *sizes, channels) -> (batch, *(size - before - after), channels).

    Source: https://keras.io/api/layers/reshaping_layers/cropping2d/
    """

    #: What Keras crops unless told.
    default: ClassVar[Any] = 1

    def __init__(self, cropping: Any = None, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.cropping = self.read_amounts(self.default if cropping is None else cropping, "cropping")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Each known size shrinks by its border. Raises `InputError` where nothing would be left."""
        sizes, channels = self.split_shape(input_shape)
        left = tuple(
            None if size is None else size - sum(amounts) for size, amounts in zip(sizes, self.cropping, strict=True)
        )
        if any(size is not None and size < 1 for size in left):
            raise InputError(f"cropping={self.cropping} leaves nothing of the sizes {sizes}")
        return self.join_shape(input_shape[0], left, channels)

    def call(self, x: Array) -> Array:
        """Return x without its border."""
        x = self.to_channels_last(x)
        kept = (slice(before, size - after) for size, (before, after) in zip(x.shape[1:-1], self.cropping, strict=True))
        return self.from_channels_last(x[(slice(None), *kept)])

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """dx is dy with zeros where x was cut off."""
        return self.call(x), lambda dy: (self.from_channels_last(pad(self.to_channels_last(dy), self.cropping)), {})
