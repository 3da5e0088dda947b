"""One time step of a convolutional LSTM: an LSTM's equation with convolutions where its matrix products are."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import integers, one_of
from core.layers.recurrent.lstm import LSTMCell
from core.layers.recurrent.products import ProductBackward
from core.ops.convolution import convolve, input_gradient, kernel_gradient
from core.ops.windows import Window


class ConvolutionProduct:
    """y = x * kernel: (batch, [time,] *sizes, channels) -> (batch, [time,] *positions, filters)."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.kernel_size = window.size

    def output_sizes(self, sizes: Shape) -> Shape:
        """Count the positions."""
        return self.window.output_sizes(sizes)

    def __call__(self, x: Array, kernel: Array) -> tuple[Array, ProductBackward]:
        """Return y and backward."""
        inner = x.shape[-1 - self.window.rank :]
        images = x.reshape(-1, *inner)
        y = convolve(images, kernel, self.window)

        def backward(dy: Array) -> tuple[Array, Array]:
            d_images = dy.reshape(-1, *dy.shape[-len(inner) :])
            dx = input_gradient(d_images, kernel, self.window, inner[:-1])
            return dx.reshape(x.shape), kernel_gradient(images, d_images, self.window)

        return y.reshape(*x.shape[: -len(inner)], *y.shape[1:]), backward


class ConvLSTMCell(LSTMCell):
    """An `LSTMCell` whose products are convolutions; that of U with the state never strides, and keeps the size.

    (batch, *sizes, channels) -> (batch, *positions, filters); kernel W (*kernel_size, channels, 4 filters), recurrent_kernel
    U (*kernel_size, filters, 4 filters), bias b (4 filters,), the gates in the order i, f, c, o. Channels come last here.
    Source: Shi et al. 2015, https://arxiv.org/abs/1506.04214
    """

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        dilation_rate: Any = 1,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        **options: Any,
    ) -> None:
        # Keras draws for every gate, as implementation 1 of an LSTM does.
        super().__init__(filters, activation, recurrent_activation, implementation=1, **options)
        size = integers(kernel_size, "kernel_size", count=rank)
        window = Window(
            size,
            strides=integers(strides, "strides", count=rank),
            dilation=integers(dilation_rate, "dilation_rate", count=rank),
            padding=one_of(padding.lower() if isinstance(padding, str) else padding, "padding", ("valid", "same")),
        )
        self.product = ConvolutionProduct(window)
        self.recurrent_product = ConvolutionProduct(Window(size, (1,) * rank, (1,) * rank, "same"))
