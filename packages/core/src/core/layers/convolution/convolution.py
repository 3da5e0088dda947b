"""A convolution looks at an image through a small window and asks each filter how well what it sees fits."""

from __future__ import annotations

import math
from typing import Any

from core.arrays import Array, Shape
from core.checks import integer
from core.errors import InputError
from core.kernels import training
from core.layers.convolution.base import ConvolutionLayer
from core.layers.gradients import Backward, Deferred, Gradients
from core.ops.convolution import convolve


class Convolution(ConvolutionLayer):
    """y[p, f] = activation(sum over cells o, channels c of x[p * stride + o * dilation, c] * kernel[o, c, f] + bias[f]).

    (batch, *sizes, channels) -> (batch, *places, filters); kernel (*kernel_size, channels / groups, filters), bias
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
        """Each output takes the cells of the window times the channels that it sees."""
        places = self.count_places(input_shape)
        channels = self.known_channels(input_shape) // self.groups
        return None if places is None else places * self.filters * math.prod(self.window.size) * channels

    def call(self, x: Array) -> Array:
        """Return the activation of the convolution."""
        return self.finish(
            convolve(self.to_channels_last(x), self.computing("kernel"), self.window, groups=self.groups)
        )

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Two convolutions again: see `core.ops.convolution`."""
        x, kernel = self.to_channels_last(x), self.computing("kernel")
        self.near(x)
        y, finish_back = self.finish_and_back(training.convolve(x, kernel, self.window, groups=self.groups))

        def backward(dy: Array) -> tuple[Deferred, Gradients]:
            dz, gradients = finish_back(dy)
            d_kernel = training.kernel_gradient(x, dz, self.window, groups=self.groups)
            gradients |= self.gradients(kernel=d_kernel)

            def dx() -> Array:
                sizes = x.shape[1:-1]
                return self.from_channels_last(
                    training.input_gradient(dz, kernel, self.window, sizes, groups=self.groups)
                )

            return dx, gradients

        return y, backward
