"""A depthwise convolution filters every channel on its own, without mixing them."""

from __future__ import annotations

import math
from typing import Any

from core.arrays import Array, Shape
from core.checks import integer
from core.layers.convolution.base import ConvolutionLayer
from core.layers.gradients import Backward, Gradients
from core.ops.depthwise_convolution import convolve_depthwise, depthwise_gradients


class DepthwiseConvolution(ConvolutionLayer):
    """y[p, c, m] = activation(sum over taps o of x[p * stride + o * dilation, c] * kernel[o, c, m] + bias[c, m]).

    (batch, *sizes, channels) -> (batch, *positions, channels * depth_multiplier); kernel (*kernel_size, channels,
    depth_multiplier), bias (channels * depth_multiplier,).
    Source: https://keras.io/api/layers/convolution_layers/depthwise_convolution2d/
    """

    def __init__(
        self,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        depth_multiplier: int = 1,
        data_format: object = None,
        dilation_rate: Any = 1,
        activation: object = None,
        use_bias: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, **common)
        self.depth_multiplier = integer(depth_multiplier, "depth_multiplier")

    def build(self, input_shape: Shape) -> None:
        """Declare kernel and bias."""
        super().build(input_shape)
        channels = self.known_channels(input_shape)
        self.declare("kernel", (*self.window.size, channels, self.depth_multiplier))
        if self.use_bias:
            self.declare("bias", (channels * self.depth_multiplier,))

    def output_channels(self, channels: int | None) -> int | None:
        """`depth_multiplier` for each channel."""
        return None if channels is None else channels * self.depth_multiplier

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Each output takes the taps of the window."""
        positions, channels = self.count_positions(input_shape), self.known_channels(input_shape)
        return None if positions is None else positions * channels * self.depth_multiplier * math.prod(self.window.size)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the activation of the depthwise convolution, see `core.ops.depthwise_convolution`."""
        x, kernel = self.to_channels_last(x), self.computing("kernel")
        y, finish_backward = self.finish(convolve_depthwise(x, kernel, self.window))

        def backward(dy: Array) -> tuple[Array, Gradients]:
            self.check_dilation(x.shape[1:-1])
            dz, gradients = finish_backward(dy)
            dx, d_kernel = depthwise_gradients(x, dz, kernel, self.window)
            return self.from_channels_last(dx), gradients | self.gradients(kernel=d_kernel)

        return y, backward
