"""A separable convolution first filters every channel on its own, then mixes the channels position by position."""

from __future__ import annotations

import math
from typing import Any

from core.arrays import Array, Shape
from core.checks import integer
from core.layers.convolution.base import ConvolutionLayer
from core.layers.gradients import Backward, Gradients
from core.ops.convolution import convolve, input_gradient, kernel_gradient
from core.ops.depthwise_convolution import convolve_depthwise, depthwise_gradients
from core.ops.windows import Window


class SeparableConvolution(ConvolutionLayer):
    """y = activation(depthwise(x) @ pointwise + bias).

    (batch, *sizes, channels) -> (batch, *positions, filters); depthwise_kernel (*kernel_size, channels, depth_multiplier),
    pointwise_kernel (1, ..., channels * depth_multiplier, filters), bias (filters,).
    Source: Chollet 2017, https://arxiv.org/abs/1610.02357
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: object = None,
        dilation_rate: Any = 1,
        depth_multiplier: int = 1,
        activation: object = None,
        use_bias: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, **common)
        self.filters = integer(filters, "filters")
        self.depth_multiplier = integer(depth_multiplier, "depth_multiplier")

    def build(self, input_shape: Shape) -> None:
        """Declare the two kernels and the bias."""
        super().build(input_shape)
        channels = self.known_channels(input_shape)
        self.declare("depthwise_kernel", (*self.window.size, channels, self.depth_multiplier))
        self.declare("pointwise_kernel", (*(1,) * self.rank, channels * self.depth_multiplier, self.filters))
        if self.use_bias:
            self.declare("bias", (self.filters,))

    def output_channels(self, channels: int | None) -> int:
        """One for each filter."""
        return self.filters

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """At each position: the taps of the window for each channel, then the channels for each filter."""
        positions = self.count_positions(input_shape)
        channels = self.known_channels(input_shape) * self.depth_multiplier
        return None if positions is None else positions * channels * (math.prod(self.window.size) + self.filters)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the activation of the two convolutions; backward goes through the mixing of channels first."""
        x, depthwise = self.to_channels_last(x), self.computing("depthwise_kernel")
        pointwise, point = self.computing("pointwise_kernel"), Window(*((1,) * self.rank,) * 3)  # a window of one tap
        filtered = convolve_depthwise(x, depthwise, self.window)
        y, finish_backward = self.finish(convolve(filtered, pointwise, point))

        def backward(dy: Array) -> tuple[Array, Gradients]:
            self.check_dilation(x.shape[1:-1])
            dz, gradients = finish_backward(dy)
            d_filtered = input_gradient(dz, pointwise, point, filtered.shape[1:-1])
            dx, d_depthwise = depthwise_gradients(x, d_filtered, depthwise, self.window)
            own = self.gradients(depthwise_kernel=d_depthwise, pointwise_kernel=kernel_gradient(filtered, dz, point))
            return self.from_channels_last(dx), gradients | own

        return y, backward
