"""Convolutions whose weights differ from place to place: layers of Keras 2, which Keras 3 no longer has.

Keras 2 kept the kernel in one of three layouts (`implementation`): for each place, as the matrix of a dense layer, or only
the numbers of that matrix that connect anything. The file holds that layout, and so does the layer; it computes by place.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import flag, integer, integers, one_of
from core.errors import InputError
from core.layers.activations.find import apply_activation, find_activation
from core.layers.file_format import FileFormat
from core.layers.gradients import Backward, Gradients
from core.layers.spatial import SpatialLayer
from core.layers.work import Work

#: The largest kernel along an axis: its taps are counted one by one.
_LARGEST_KERNEL = 4096


class LocallyConnected(SpatialLayer):
    """y[p] = activation(x[window at p] kernel[p] + bias[p]) at every place p; shapes as those of a convolution.

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
        """Declare the kernel in its layout, and a bias for each place and filter."""
        sizes, channels = self.split_shape(input_shape)
        places = self._places(sizes)
        if None in sizes or channels is None:
            raise InputError("its input must have known sizes: each place has weights of its own")
        last = self.data_format == "channels_last"
        kernel: tuple[Any, ...]
        if self.implementation == 1:
            kernel = (math.prod(places), math.prod(self.size) * channels, self.filters)
        elif self.implementation == 2:
            kernel = (*sizes, channels, *places, self.filters) if last else (channels, *sizes, self.filters, *places)
        else:
            connections = math.prod(map(self._count, range(self.rank), sizes, places))
            kernel = (connections * channels * self.filters,)
        self.declare("kernel", kernel)
        if self.use_bias:
            self.declare("bias", (*places, self.filters))
        self.expect(rank=self.rank + 2, axes=dict(enumerate(input_shape[1:], start=1)))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *places, filters)."""
        sizes, _ = self.split_shape(input_shape)
        return self.join_shape(input_shape[0], self._places(sizes), self.filters)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """One for each tap, place and filter."""
        sizes, channels = self.split_shape(input_shape)
        places = known_size(self._places(sizes))
        return None if places is None or channels is None else places * math.prod(self.size) * channels * self.filters

    def work(self, input_shape: Shape) -> Work:
        """The products; inside, the windows of all places, and the kernel with the taps that lie outside."""
        own = super().work(input_shape)
        sizes, channels = self.split_shape(input_shape)
        taps = math.prod(self._places(sizes)) * math.prod(self.size)
        windows = (input_shape[0] or 0) * taps * (channels or 0)
        kernel = taps * (channels or 0) * self.filters
        return own.plus(windows + kernel, (3 * windows + 2 * kernel) * max(4, self.number_bytes) + 20 * taps)

    def call(self, x: Array) -> Array:
        """Multiply the window at each place with the weights of that place."""
        return self.call_with_backward(x)[0]

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """dkernel[p] = window' dz, dwindow = dz kernel[p]', and windows add up where they overlap."""
        x = self.to_channels_last(x)
        sizes, channels = x.shape[1:-1], x.shape[-1]
        places = self._places(sizes)
        positions, valid = self._windows(sizes)
        flat = x.reshape(len(x), -1, channels)
        windows = np.where(valid[..., None], flat[:, positions], x.dtype.type(0))  # (batch, places, taps, channels)
        count = math.prod(places)
        rows = np.moveaxis(windows.reshape(len(x), count, -1), 1, 0)
        kernel = self._by_place(self.computing("kernel"), sizes, channels).reshape(count, -1, self.filters)
        z = self.from_channels_last(np.moveaxis(rows @ kernel, 0, 1).reshape(len(x), *places, self.filters))
        if self.use_bias:
            z = z + self.computing("bias").reshape(z.shape[1:])  # as Keras 2: not turned for channels first
        y, activation_back = apply_activation(self.activation, z)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = activation_back(dy)
            found: dict[str, Array] = {}
            if self.use_bias:
                found["bias"] = dz.sum(axis=0).reshape(self.parameter_shapes["bias"])
            columns = np.moveaxis(self.to_channels_last(dz).reshape(len(x), count, self.filters), 1, 0)
            by_place = (np.swapaxes(rows, 1, 2) @ columns).reshape(*valid.shape, channels, self.filters)
            found["kernel"] = self._to_layout(by_place, sizes)
            spread = np.moveaxis(columns @ np.swapaxes(kernel, 1, 2), 0, 1).reshape(windows.shape)
            dflat = np.zeros_like(flat)
            by_position = np.moveaxis(dflat, 1, 0)
            for tap in range(valid.shape[1]):
                part = spread[:, :, tap] * valid[:, tap, None]
                np.add.at(by_position, positions[:, tap], np.moveaxis(part, 1, 0))
            return self.from_channels_last(dflat.reshape(x.shape)), self.gradients(**found)

        return y, backward

    def _places(self, sizes: Shape) -> tuple[Any, ...]:
        """Count the places along each axis; None where the size is unknown."""
        reach = self.size if self.padding == "valid" else (1,) * self.rank
        counts = tuple(
            None if size is None else (size - width) // stride + 1
            for size, width, stride in zip(sizes, reach, self.strides, strict=True)
        )
        if any(count is not None and count < 1 for count in counts):
            raise InputError(f"a window of {self.size} does not fit into {sizes}")
        return counts

    def _start(self, axis: int) -> int:
        """Return where the first window begins."""
        return -(self.size[axis] // 2) if self.padding == "same" else 0

    def _count(self, axis: int, size: Any, places: Any) -> int:
        """Count the taps that lie inside, over all places along an axis, without writing them down."""
        stride, count = self.strides[axis], 0
        for tap in range(self.size[axis]):
            first = max(0, -((self._start(axis) + tap) // stride))
            last = min(places - 1, (size - 1 - self._start(axis) - tap) // stride)
            count += max(0, last - first + 1)
        return count

    def _windows(self, sizes: tuple[int, ...]) -> tuple[Array, Array]:
        """Return the position in the flat input of each tap at each place, and whether it lies inside: (places, taps)."""
        steps = [
            np.arange(places)[:, None] * stride + self._start(axis) + np.arange(width)
            for axis, (places, stride, width) in enumerate(
                zip(self._places(sizes), self.strides, self.size, strict=True)
            )
        ]
        position, valid = np.zeros((1, 1), np.intp), np.ones((1, 1), bool)
        for step, size in zip(steps, sizes, strict=True):
            inside = (step >= 0) & (step < size)
            grid = (position[:, None, :, None] * size) + np.clip(step, 0, size - 1)[None, :, None, :]
            valid = (valid[:, None, :, None] & inside[None, :, None, :]).reshape(len(position) * len(step), -1)
            position = grid.reshape(valid.shape)
        return position, valid

    def _by_place(self, kernel: Array, sizes: tuple[int, ...], channels: int) -> Array:
        """Return the kernel as (places, taps, channels, filters), 0 for taps outside, from its layout."""
        positions, valid = self._windows(sizes)
        last, (places, taps) = self.data_format == "channels_last", valid.shape
        if self.implementation == 1:
            if last:
                return kernel.reshape(places, taps, channels, self.filters)
            return np.swapaxes(kernel.reshape(places, channels, taps, self.filters), 1, 2)
        if self.implementation == 2:
            area = math.prod(sizes)
            shape = (area, channels, places, self.filters) if last else (channels, area, self.filters, places)
            dense = kernel.reshape(shape) if last else kernel.reshape(shape).transpose(1, 0, 3, 2)
            found = dense[positions, :, np.arange(places)[:, None]]
            return np.where(valid[..., None, None], found, kernel.dtype.type(0))
        layout, turn = self._sparse(valid, channels)
        spread = np.zeros(layout.shape, kernel.dtype)
        spread[layout] = kernel
        return spread.transpose(turn)

    def _to_layout(self, by_place: Array, sizes: tuple[int, ...]) -> Array:
        """Return (places, taps, channels, filters) in the layout of the kernel."""
        positions, valid = self._windows(sizes)
        last, (places, _, channels, _) = self.data_format == "channels_last", by_place.shape
        shape = self.parameter_shapes["kernel"]
        if self.implementation == 1:
            return (by_place if last else np.swapaxes(by_place, 1, 2)).reshape(shape)
        if self.implementation == 2:
            dense = np.zeros((math.prod(sizes), channels, places, self.filters), by_place.dtype)
            place, tap = np.nonzero(valid)
            dense[positions[place, tap], :, place] = by_place[place, tap]
            return (dense if last else dense.transpose(1, 0, 3, 2)).reshape(shape)
        layout, turn = self._sparse(valid, channels)
        return by_place.transpose(np.argsort(turn))[layout]

    def _sparse(self, valid: Array, channels: int) -> tuple[Array, tuple[int, ...]]:
        """Return where the numbers of the third layout stand, and how its axes become (places, taps, channels, filters)."""
        places, taps = valid.shape
        if self.data_format == "channels_last":
            shape = (places, self.filters, taps, channels)
            return np.broadcast_to(valid[:, None, :, None], shape), (0, 2, 3, 1)
        shape = (self.filters, places, channels, taps)
        return np.broadcast_to(valid[None, :, None, :], shape), (1, 3, 2, 0)


class LocallyConnected1D(LocallyConnected):
    """(batch, steps, channels) -> (batch, places, filters), with a kernel for each place."""

    rank = 1


class LocallyConnected2D(LocallyConnected):
    """(batch, height, width, channels) -> (batch, rows, columns, filters), with a kernel for each place."""

    rank = 2
