"""Convolutions whose weights differ from position to position: layers of Keras 2, which Keras 3 no longer has.

The file holds the kernel in one of three layouts, and so does the layer; it computes by position.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import flag, integer, integers, one_of
from core.errors import InputError
from core.layers.activations.find import apply_activation, find_activation
from core.layers.convolution.kernel_layout import KernelLayout
from core.layers.file_format import FileFormat
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work

#: The largest kernel along an axis: its taps are counted one by one.
_LARGEST_KERNEL = 4096


class LocallyConnected(SpatialLayer):
    """y[p] = activation(x[window at p] kernel[p] + bias[p]) at every position p; shapes as those of a convolution.

    "same" starts the window at p * stride - size // 2, as Keras 2 did, and not where a convolution would.
    Source: https://github.com/keras-team/keras/tree/v2.15.0/keras/layers/locally_connected
    """

    file_format = FileFormat(unwritable="it has no locally connected layers")

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        data_format: str | None = None,
        activation: object = None,
        use_bias: bool = True,
        implementation: int = 1,
        **common: Any,
    ) -> None:
        super().__init__(data_format, **common)
        self.filters = integer(filters, "filters")
        self.size = integers(kernel_size, "kernel_size", count=self.rank)
        if max(self.size) > _LARGEST_KERNEL:
            raise InputError(f"kernel_size must be at most {_LARGEST_KERNEL} along each axis, got {self.size}")
        self.strides = integers(strides, "strides", count=self.rank)
        self.implementation = one_of(implementation, "implementation", (1, 2, 3))
        allowed = ("valid",) if self.implementation == 1 else ("valid", "same")
        self.padding = one_of(padding.lower() if isinstance(padding, str) else padding, "padding", allowed)
        self.activation = find_activation(activation)
        self.use_bias = flag(use_bias, "use_bias")

    def build(self, input_shape: Shape) -> None:
        """Declare the kernel in its layout, and a bias for each position and filter."""
        sizes, channels = self.split_shape(input_shape)
        counts = self._counts(sizes)
        if None in sizes or channels is None:
            raise InputError("its input must have known sizes: each position has weights of its own")
        last = self.data_format == "channels_last"
        kernel: tuple[Any, ...]
        if self.implementation == 1:
            kernel = (math.prod(counts), math.prod(self.size) * channels, self.filters)
        elif self.implementation == 2:
            kernel = (*sizes, channels, *counts, self.filters) if last else (channels, *sizes, self.filters, *counts)
        else:
            connections = math.prod(map(self._connections, range(self.rank), sizes, counts))
            kernel = (connections * channels * self.filters,)
        self.declare("kernel", kernel)
        if self.use_bias:
            self.declare("bias", (*counts, self.filters))
        self.expect(rank=self.rank + 2, axes=dict(enumerate(input_shape[1:], start=1)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *positions, filters)."""
        sizes, _ = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], self._counts(sizes), self.filters)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """One for each tap, position and filter."""
        sizes, channels = self.split_shape(input_shape)
        positions = known_size(self._counts(sizes))
        return (
            None
            if positions is None or channels is None
            else positions * math.prod(self.size) * channels * self.filters
        )

    def work(self, input_shape: Shape) -> Work:
        """The products; inside, the windows of all positions, and the kernel with the taps that lie outside."""
        own = super().work(input_shape)
        sizes, channels = self.split_shape(input_shape)
        taps = math.prod(self._counts(sizes)) * math.prod(self.size)
        windows = (input_shape[0] or 0) * taps * (channels or 0)
        kernel = taps * (channels or 0) * self.filters
        return own.plus(windows + kernel, (3 * windows + 2 * kernel) * max(4, self.number_bytes) + 20 * taps)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Multiply the window at each position with its weights.

        d kernel[p] = window^T dz, d window = dz kernel[p]^T, and windows add up where they overlap.
        """
        x = self.to_channels_last(x)
        sizes, channels = x.shape[1:-1], x.shape[-1]
        counts = self._counts(sizes)
        inputs, valid = self._windows(sizes)
        layout = KernelLayout(
            self.implementation,
            self.data_format == "channels_last",
            inputs,
            valid,
            math.prod(sizes),
            channels,
            self.filters,
        )
        flat = x.reshape(len(x), -1, channels)
        windows = np.where(valid[..., None], flat[:, inputs], x.dtype.type(0))  # (batch, positions, taps, channels)
        rows = np.moveaxis(windows.reshape(len(x), len(inputs), -1), 1, 0)
        kernel = layout.by_position(self.computing("kernel")).reshape(len(inputs), -1, self.filters)
        z = self.from_channels_last(np.moveaxis(rows @ kernel, 0, 1).reshape(len(x), *counts, self.filters))
        if self.use_bias:
            z = z + self.computing("bias").reshape(z.shape[1:])  # as Keras 2: not turned for channels first
        y, activation_backward = apply_activation(self.activation, z)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = activation_backward(dy)
            columns = np.moveaxis(self.to_channels_last(dz).reshape(len(x), len(inputs), self.filters), 1, 0)
            d_kernel = (np.swapaxes(rows, 1, 2) @ columns).reshape(*valid.shape, channels, self.filters)
            found = {"kernel": layout.from_positions(d_kernel)} | ({"bias": dz.sum(axis=0)} if self.use_bias else {})
            d_windows = np.moveaxis(columns @ np.swapaxes(kernel, 1, 2), 0, 1).reshape(windows.shape)
            dx = np.zeros_like(flat)
            by_input = np.moveaxis(dx, 1, 0)
            for tap in range(valid.shape[1]):
                part = d_windows[:, :, tap] * valid[:, tap, None]
                np.add.at(by_input, inputs[:, tap], np.moveaxis(part, 1, 0))
            shaped = {name: gradient.reshape(self.parameter_shapes[name]) for name, gradient in found.items()}
            return self.from_channels_last(dx.reshape(x.shape)), self.gradients(**shaped)

        return y, backward

    def _counts(self, sizes: Shape) -> tuple[Any, ...]:
        """Count the positions along each axis; None where the size is unknown."""
        reach = self.size if self.padding == "valid" else (1,) * self.rank
        counts = tuple(
            None if size is None else (size - width) // stride + 1
            for size, width, stride in zip(sizes, reach, self.strides, strict=True)
        )
        if any(count is not None and count < 1 for count in counts):
            raise InputError(f"a window of {self.size} does not fit into {sizes}")
        return counts

    def _offsets(self, axis: int) -> range:
        """Return how far each tap lies from its position times the stride."""
        start = -(self.size[axis] // 2) if self.padding == "same" else 0
        return range(start, start + self.size[axis])

    def _connections(self, axis: int, size: Any, count: Any) -> int:
        """Count the taps that lie inside, over all positions along an axis, without writing them down."""
        stride = self.strides[axis]
        first = (max(0, -(offset // stride)) for offset in self._offsets(axis))
        last = (min(count - 1, (size - 1 - offset) // stride) for offset in self._offsets(axis))
        return sum(max(0, end - start + 1) for start, end in zip(first, last, strict=True))

    def _windows(self, sizes: tuple[int, ...]) -> tuple[Array, Array]:
        """Return which number of the flat input each tap meets, and whether it lies inside: (positions, taps)."""
        inputs, valid = np.zeros((1, 1), np.intp), np.ones((1, 1), bool)
        for axis, (size, count) in enumerate(zip(sizes, self._counts(sizes), strict=True)):
            met = np.arange(count)[:, None] * self.strides[axis] + np.array(self._offsets(axis))
            inside = (met >= 0) & (met < size)
            grid = inputs[:, None, :, None] * size + np.clip(met, 0, size - 1)[None, :, None, :]
            valid = (valid[:, None, :, None] & inside[None, :, None, :]).reshape(len(inputs) * count, -1)
            inputs = grid.reshape(valid.shape)
        return inputs, valid


class LocallyConnected1D(LocallyConnected):
    """(batch, steps, channels) -> (batch, positions, filters), with a kernel for each position."""

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """(batch, height, width, channels) -> (batch, rows, columns, filters), with a kernel for each position."""

    rank = 2
