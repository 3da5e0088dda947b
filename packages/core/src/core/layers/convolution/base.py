"""What all convolutions share: a window, a bias for each filter, and an activation."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, ClassVar

from core.arrays import Array, Shape
from core.checks import flag, integers, one_of
from core.errors import InputError
from core.layers.activations.find import apply_activation, find_activation
from core.layers.gradients import Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work
from core.ops.convolution import BLOCK_BYTES
from core.ops.product import column_sums
from core.ops.windows import Window, is_far


class ConvolutionLayer(SpatialLayer):
    """Options that every convolution has; a subclass adds its kernel and its sum."""

    paddings: ClassVar[tuple[str, ...]] = ("valid", "same")

    def __init__(
        self,
        kernel_size: Any,
        strides: Any,
        padding: str,
        data_format: object,
        dilation_rate: Any,
        activation: object,
        use_bias: bool,
        **common: Any,
    ) -> None:
        super().__init__(data_format, **common)
        self.window = Window(
            size=integers(kernel_size, "kernel_size", count=self.rank),
            strides=integers(strides, "strides", count=self.rank),
            dilation=integers(dilation_rate, "dilation_rate", count=self.rank),
            padding=one_of(padding.lower() if isinstance(padding, str) else padding, "padding", self.paddings),
        )
        self.activation = find_activation(activation)
        self.use_bias = flag(use_bias, "use_bias")

    def output_channels(self, channels: int | None) -> int | None:
        """Count the channels that come out for `channels` that come in."""
        raise NotImplementedError

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *positions, filters)."""
        sizes, channels = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], self.window.output_sizes(sizes), self.output_channels(channels))

    def count_positions(self, input_shape: Shape) -> int | None:
        """Count the positions of the window in one example."""
        positions, _ = self.split_shape(self.compute_output_shape(input_shape))
        return None if None in positions else math.prod(size or 0 for size in positions)

    def work(self, input_shape: Shape) -> Work:
        """The products; inside, the padded input, and the patches of some rows of positions."""
        own = super().work(input_shape)
        sizes, channels = self.split_shape(input_shape)
        known = tuple(size or 0 for size in sizes)
        padded = known if is_far(known, self.window) else self.window.padded_sizes(known)
        rows, bytes_each = input_shape[0] or 0, max(4, self.number_bytes)
        positions, _ = self.split_shape(self.compute_output_shape(input_shape))
        row = math.prod(size or 0 for size in positions[1:]) * math.prod(self.window.size) * (channels or 0)
        patches = max(row * bytes_each, min(BLOCK_BYTES, rows * (positions[0] or 0) * row * bytes_each))
        return own.plus(0, 2 * rows * math.prod(padded) * (channels or 0) * bytes_each + patches)

    def check_dilation(self, sizes: tuple[int, ...]) -> None:
        """Raise `InputError` where the padding is many times the input: a gradient is not worked out there."""
        if is_far(sizes, self.window):
            raise InputError(f"dilation_rate={self.window.dilation} is too large to train with on inputs of {sizes}")

    def finish(self, y: Array) -> tuple[Array, Callable[[Array], tuple[Array, Gradients]]]:
        """Add the bias to an output with channels last, put it in the data format, and apply the activation.

        Backward returns the gradient before the bias, channels last, and that of the bias.
        """
        if self.use_bias:
            y += self.computing("bias")
        y, activation_backward = apply_activation(self.activation, self.from_channels_last(y))

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = self.to_channels_last(activation_backward(dy))
            return dz, self.gradients(bias=column_sums(dz)) if self.use_bias else {}

        return y, backward
