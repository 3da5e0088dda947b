"""A transposed convolution makes images larger: every input value stamps its kernel into the output."""

from __future__ import annotations

import math
from typing import Any, cast

from core.arrays import Array, Shape
from core.checks import integer, integers
from core.errors import InputError
from core.layers.convolution.base import ConvolutionLayer
from core.layers.gradients import Backward, Gradients
from core.layers.work import CALL, Work, numbers_in
from core.ops.convolution import convolve_transposed, transposed_gradients
from core.ops.padding import reach, transposed_output_size


class TransposedConvolution(ConvolutionLayer):
    """y[p * stride + o * dilation, f] += sum over channels c of x[p, c] * kernel[o, f, c]; then bias and activation.

    (batch, *sizes, channels) -> (batch, *larger sizes, filters); kernel (*kernel_size, filters, channels): filters
    before channels; bias (filters,). With "same" a size becomes size * stride unless `output_padding` says more.
    Source: https://keras.io/api/layers/convolution_layers/convolution2d_transpose/
    """

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        output_padding: Any = None,
        data_format: object = None,
        dilation_rate: Any = 1,
        activation: object = None,
        use_bias: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, **common)
        self.filters = integer(filters, "filters")
        self.output_padding: tuple[int | None, ...] = (None,) * self.rank
        if output_padding is not None:
            self.output_padding = integers(output_padding, "output_padding", count=self.rank, minimum=0)
            if any(extra >= stride for extra, stride in zip(self.output_padding, self.window.strides, strict=True)):
                raise InputError(f"output_padding={output_padding} must be less than strides={strides}")

    def build(self, input_shape: Shape) -> None:
        """Declare kernel and bias."""
        super().build(input_shape)
        self.declare("kernel", (*self.window.size, self.filters, self.known_channels(input_shape)))
        if self.use_bias:
            self.declare("bias", (self.filters,))

    def output_channels(self, channels: int | None) -> int:
        """One for each filter."""
        return self.filters

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *larger sizes, filters)."""
        sizes, _ = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], self._output_sizes(sizes), self.filters)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Each input takes the taps of the window times the filters."""
        sizes, channels = self.split_shape(input_shape)
        if None in sizes or channels is None:
            return None
        return math.prod(size or 0 for size in sizes) * math.prod(self.window.size) * channels * self.filters

    def work(self, input_shape: Shape) -> Work:
        """Each tap of the window makes a product of all inputs, and writes it into the output."""
        rows, (sizes, _) = input_shape[0] or 0, self.split_shape(input_shape)
        product = rows * math.prod(size or 0 for size in sizes) * self.filters
        made = numbers_in([self.compute_output_shape(input_shape)])
        adds = rows * (self.multiply_adds(input_shape) or 0)
        own = math.prod(self.window.size) * (product + 2 * CALL)
        return Work(adds + own + made, (product + made) * max(4, self.number_bytes), 0)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the activation of the transposed convolution; its gradient is a convolution, see `core.ops.convolution`."""
        x, kernel = self.to_channels_last(x), self.computing("kernel")
        sizes = cast(tuple[int, ...], self._output_sizes(x.shape[1:-1]))
        y, finish_backward = self.finish(convolve_transposed(x, kernel, self.window, sizes))

        def backward(dy: Array) -> tuple[Array, Gradients]:
            self.check_dilation(sizes)
            dz, gradients = finish_backward(dy)
            dx, d_kernel = transposed_gradients(x, dz, kernel, self.window)
            return self.from_channels_last(dx), gradients | self.gradients(kernel=d_kernel)

        return y, backward

    def check_dilation(self, sizes: tuple[int, ...]) -> None:
        """Raise `InputError` where the window reaches many times over the output: its gradient is not worked out there."""
        reaches = map(reach, self.window.size, self.window.dilation)
        if any(wide > max(4096, 4 * size) for wide, size in zip(reaches, sizes, strict=True)):
            raise InputError(f"dilation_rate={self.window.dilation} is too large to train with on outputs of {sizes}")

    def _output_sizes(self, sizes: Shape) -> Shape:
        window = self.window
        axes = zip(sizes, window.size, window.strides, window.dilation, self.output_padding, strict=True)
        return tuple(
            transposed_output_size(size, kernel, stride, dilation, window.padding, extra)
            for size, kernel, stride, dilation, extra in axes
        )
