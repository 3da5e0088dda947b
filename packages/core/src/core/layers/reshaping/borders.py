"""Zero padding puts zeros around an image; cropping cuts its margins away."""

from __future__ import annotations

from typing import Any, ClassVar

from core.arrays import Array, Shape
from core.checks import integers
from core.errors import InputError
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.ops.padding import Amounts, crop, pad


class Margins(SpatialLayer):
    """How much is added or cut before and after each axis: one number for all, one for each axis, or a pair for each axis."""

    def read_amounts(self, value: Any, option: str) -> Amounts:
        """Read the option as one (before, after) for each axis."""
        if self.rank == 1:  # along one axis two numbers are before and after
            value = [value]
        if isinstance(value, int):
            value = [value] * self.rank
        if not isinstance(value, list | tuple) or len(value) != self.rank:
            raise InputError(f"{option} must be a number, or {self.rank} numbers or pairs of numbers, got {value!r}")
        pairs = [integers(entry, option, count=2, minimum=0) for entry in value]
        return tuple((before, after) for before, after in pairs)


class ZeroPadding(Margins):
    """(batch, *sizes, channels) -> (batch, *(before + size + after), channels), zeros around.

    Source: https://keras.io/api/layers/reshaping_layers/zero_padding2d/
    """

    def __init__(self, padding: Any = 1, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.padding = self.read_amounts(padding, "padding")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Each known size grows by its padding."""
        sizes, channels = self.split_shape(input_shape)
        grown = (
            None if size is None else size + sum(amounts) for size, amounts in zip(sizes, self.padding, strict=True)
        )
        return self.join_shape(input_shape[0], tuple(grown), channels)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x with zeros around; dx is dy without them."""
        y = pad(self.to_channels_last(x), self.padding)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            return self.from_channels_last(crop(self.to_channels_last(dy), self.padding)), {}

        return self.from_channels_last(y), backward


class Cropping(Margins):
    """(batch, *sizes, channels) -> (batch, *(size - before - after), channels).

    Source: https://keras.io/api/layers/reshaping_layers/cropping2d/
    """

    #: What Keras crops unless told.
    default: ClassVar[Any] = 1

    def __init__(self, cropping: Any = None, data_format: object = None, **common: Any) -> None:
        super().__init__(data_format, **common)
        self.cropping = self.read_amounts(self.default if cropping is None else cropping, "cropping")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Each known size shrinks by its cropping. Raises `InputError` where nothing would be left."""
        sizes, channels = self.split_shape(input_shape)
        left = tuple(
            None if size is None else size - sum(amounts) for size, amounts in zip(sizes, self.cropping, strict=True)
        )
        if any(size is not None and size < 1 for size in left):
            raise InputError(f"cropping={self.cropping} leaves nothing of the sizes {sizes}")
        return self.join_shape(input_shape[0], left, channels)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the middle of x; dx is dy with zeros where x was cut off."""
        y = crop(self.to_channels_last(x), self.cropping)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            return self.from_channels_last(pad(self.to_channels_last(dy), self.cropping)), {}

        return self.from_channels_last(y), backward
