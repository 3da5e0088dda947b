"""A convolution looks at an image through a small window and asks each filter how well what it sees fits."""

from __future__ import annotations

import math
from typing import Any

from core.arrays import Array, Shape
from core.checks import integer
from core.errors import InputError
from core.kernels import tiled_convolution
from core.layers.convolution.base import ConvolutionLayer
from core.layers.gradients import Backward, Deferred, Gradients
from core.ops import convolution


class Convolution(ConvolutionLayer):
    """y[p, f] = activation(sum over taps o, channels c of x[p * stride + o * dilation, c] * kernel[o, c, f] + bias[f]).

    (batch, *sizes, channels) -> (batch, *positions, filters); kernel (*kernel_size, channels / groups, filters), bias
    (filters,). With groups, each part of the filters sees only its own part of the channels.
    Source: https://keras.io/api/layers/convolution_layers/ and Dumoulin and Visin 2016, https://arxiv.org/abs/1603.07285
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: object = None,
        dilation_rate: Any = 1,
        groups: int = 1,
        activation: object = None,
        use_bias: bool = True,
        lora_rank: object = None,
        lora_alpha: object = None,
        **common: Any,
    ) -> None:
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, **common)
        del lora_rank, lora_alpha  # Keras adds the update of low rank to the kernel that it saves
        self.filters = integer(filters, "filters")
        self.groups = integer(groups, "groups")
        if self.filters % self.groups:
            raise InputError(f"filters={filters} cannot be cut in groups={groups} equal parts")

    def build(self, input_shape: Shape) -> None:
        """Declare kernel and bias."""
        super().build(input_shape)
        channels = self.known_channels(input_shape)
        if channels % self.groups:
            raise InputError(f"{channels} channels cannot be cut in groups={self.groups} equal parts")
        self.declare("kernel", (*self.window.size, channels // self.groups, self.filters))
        if self.use_bias:
            self.declare("bias", (self.filters,))

    def output_channels(self, channels: int | None) -> int:
        """One for each filter."""
        return self.filters

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Each output takes the taps of the window times the channels that it sees."""
        positions = self.count_positions(input_shape)
        channels = self.known_channels(input_shape) // self.groups
        return None if positions is None else positions * self.filters * math.prod(self.window.size) * channels

    def call_with_backward(self, x: Array, *, training: bool = False) -> tuple[Array, Backward]:
        """Return the activation of the convolution; its gradients are two convolutions again, see `core.ops.convolution`.

        In training they run on tiles; else the lines of `core.ops` do, which define them.
        """
        convolve = tiled_convolution.convolve if training else convolution.convolve
        x, kernel = self.to_channels_last(x), self.computing("kernel")
        y, finish_backward = self.finish(convolve(x, kernel, self.window, groups=self.groups))

        def backward(dy: Array) -> tuple[Deferred, Gradients]:
            sizes = x.shape[1:-1]
            self.check_dilation(sizes)
            dz, gradients = finish_backward(dy)
            d_kernel = tiled_convolution.kernel_gradient(x, dz, self.window, groups=self.groups)

            def dx() -> Array:
                dx = tiled_convolution.input_gradient(dz, kernel, self.window, sizes, groups=self.groups)
                return self.from_channels_last(dx)

            return dx, gradients | self.gradients(kernel=d_kernel)

        return y, backward
