"""A convolution is one matrix product: the windows of the image, each written as a row, times the kernel.

The gradient of its kernel is a product with the same windows, that of its input a transposed convolution, whose own gradient
is a convolution again. The same lines serve sequences, images and volumes: arrays are (batch, *sizes, channels), whatever the
number of sizes, and dy (batch, *positions, filters) is the gradient of what came out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.depthwise_convolution import convolve_depthwise, convolve_near, summing_type
from core.ops.padding import pad, padding_amounts, reach
from core.ops.windows import Window, is_far, windows

#: Rows are gathered in blocks of this size, so that they are still in the cache when they are multiplied. Measured on
#: CIFAR-10 networks: the same speed from 1 to 2 MiB, slower above; fewer blocks are fewer hand-overs between threads.
BLOCK_BYTES = 2 * 2**20
#: Windows are multiplied with a gradient in blocks of whole examples, of about this size.
GRADIENT_BLOCK_BYTES = 4 * 2**20


def convolve(x: Array, kernel: Array, window: Window, *, groups: int = 1) -> Array:
    """y[b, p, f] = sum over taps o and channels c of x[b, p * stride + o * dilation, c] * kernel[o, c, f].

    x (batch, *sizes, channels), kernel (*window.size, channels / groups, filters) -> (batch, *positions, filters). With
    groups, the channels and the filters are cut in as many parts, and each part of the filters sees its own channels.
    The result has the kernel's type; float16 is summed in float32. Raises `InputError` if the channels do not fit.
    """
    channels, filters = kernel.shape[-2:]
    if x.shape[-1] != channels * groups:
        raise InputError(f"the kernel expects {channels * groups} channels, got an array of shape {x.shape}")
    if channels == 1 and groups > 1:
        return convolve_depthwise(x, kernel.reshape(*window.size, groups, filters // groups), window)
    if is_far(x.shape[1:-1], window):
        return convolve_near(x, kernel, window, filters, partial(convolve, groups=groups))
    dtype = summing_type(kernel)
    seen = windows(window.padded(x.astype(dtype, copy=False)), window)
    matrices = kernel.astype(dtype, copy=False).reshape(-1, groups, filters // groups).swapaxes(0, 1)
    positions = seen.shape[: window.rank + 1]
    y = np.empty((*positions, filters), dtype=kernel.dtype)
    for block in _blocks(positions, matrices.shape[1] * groups * dtype.itemsize):
        rows = seen[block]
        patches = rows.reshape(-1, *window.size, groups, channels)
        patches = np.moveaxis(patches, -2, 0).reshape(groups, len(patches), matrices.shape[1])
        product = np.moveaxis(patches @ matrices, 0, 1)  # (rows, groups, filters / groups)
        y[block] = product.reshape(*rows.shape[: window.rank + 1], filters)
    return y


def _blocks(positions: tuple[int, ...], row_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Cut (batch, first axis, ...) in blocks of whole examples, or of parts of one, of about `BLOCK_BYTES` each."""
    batch, first, *rest = positions
    step_bytes = max(1, int(np.prod(rest)) * row_bytes)  # one step along the first axis
    examples = BLOCK_BYTES // (first * step_bytes)
    steps = first if examples else max(1, BLOCK_BYTES // step_bytes)
    for example in range(0, batch, max(1, examples)):
        for step in range(0, first, steps):
            yield slice(example, example + max(1, examples)), slice(step, step + steps)


def kernel_gradient(x: Array, dy: Array, window: Window, *, groups: int = 1) -> Array:
    """d kernel[o, c, f] = sum over b, p of x[b, p * stride + o * dilation, c] * dy[b, p, f]."""
    channels, filters = x.shape[-1] // groups, dy.shape[-1] // groups
    seen = windows(window.padded(x), window)
    columns = int(np.prod(window.size)) * channels
    positions = int(np.prod(dy.shape[1:-1]))
    step = max(1, GRADIENT_BLOCK_BYTES // (positions * columns * groups * x.itemsize))
    total = np.zeros((groups, columns, filters), dy.dtype)
    for start in range(0, len(x), step):
        rows = seen[start : start + step].reshape(-1, *window.size, groups, channels)
        patches = np.moveaxis(rows, -2, 0).reshape(groups, len(rows), columns)
        gradients = dy[start : start + step].reshape(len(rows), groups, filters).swapaxes(0, 1)
        total += patches.swapaxes(1, 2) @ gradients
    return np.moveaxis(total, 0, 1).reshape(*window.size, channels, groups * filters)


def input_gradient(dy: Array, kernel: Array, window: Window, sizes: tuple[int, ...], *, groups: int = 1) -> Array:
    """dx[b, i, c] = sum over o, f of dy[b, p, f] * kernel[o, c, f] where p * stride + o * dilation = i + padding in front.

    With steps of 1 that is a convolution with the reversed kernel; with wider steps dy is written out again.
    """
    if any(stride > 1 for stride in window.strides):
        parts = [
            convolve_transposed(part, own, window, sizes)
            for part, own in zip(np.split(dy, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
        ]
        return np.concatenate(parts, axis=-1) if groups > 1 else parts[0]
    padded = pad(dy, border(window, sizes, dy.shape[1:-1]))
    return convolve(padded, reversed_kernel(kernel, groups), replace(window, padding="valid"), groups=groups)


def reversed_kernel(kernel: Array, groups: int) -> Array:
    """Reverse a kernel along its axes, and swap its filters and channels, within each group."""
    *size, channels, filters = kernel.shape
    apart = kernel.reshape(*size, channels, groups, filters // groups)
    swapped = np.moveaxis(apart, -1, -3).swapaxes(-1, -2)  # (*size, filters / groups, groups, channels)
    return np.flip(swapped, axis=tuple(range(len(size)))).reshape(*size, filters // groups, groups * channels)


def border(window: Window, sizes: tuple[int, ...], positions: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Count the zeros around dy (.., *positions, ..) from which the reversed kernel makes dx (.., *sizes, ..), steps being 1."""
    amounts = []
    for size, wide, dilation, count in zip(sizes, window.size, window.dilation, positions, strict=True):
        before, _ = padding_amounts(size, wide, 1, dilation, window.padding)
        amounts.append((reach(wide, dilation) - 1 - before, size + before - count))
    return tuple(amounts)


def convolve_transposed(x: Array, kernel: Array, window: Window, output_sizes: tuple[int, ...]) -> Array:
    """y[b, p * stride + o * dilation, f] += sum over channels c of x[b, p, c] * kernel[o, f, c], for each tap o.

    x (batch, *sizes, channels), kernel (*window.size, filters, channels) -> (batch, *output_sizes, filters): what the
    convolution would have padded is cut off, and what no input reaches is 0.
    """
    filters, channels = kernel.shape[-2:]
    if x.shape[-1] != channels:
        raise InputError(f"the kernel expects {channels} channels, got an array of shape {x.shape}")
    dtype = np.dtype(np.float32) if kernel.dtype == np.float16 else kernel.dtype
    x, weights = x.astype(dtype, copy=False), kernel.astype(dtype, copy=False)
    y = np.zeros((len(x), *output_sizes, filters), dtype=dtype)
    axes = list(zip(output_sizes, x.shape[1:-1], window.size, window.strides, window.dilation, strict=True))
    for taps in np.ndindex(window.size):
        met = [_met(*axis, tap, window.padding) for axis, tap in zip(axes, taps, strict=True)]
        if all(count for _, _, count in met):
            read = tuple(slice(first, first + count) for first, _, count in met)
            written = tuple(
                slice(start, start + (count - 1) * stride + 1, stride)
                for (_, start, count), stride in zip(met, window.strides, strict=True)
            )
            target = y[(slice(None), *written)]
            np.add(target, (x @ weights[taps].T)[(slice(None), *read)], out=target)  # the view writes into y
    return y.astype(kernel.dtype, copy=False)


def _met(output: int, size: int, wide: int, stride: int, dilation: int, tap: int, padding: str) -> tuple[int, int, int]:
    """Return which numbers of one axis `tap` writes into the output: the first, where it writes that one, how many."""
    offset = tap * dilation - padding_amounts(output, wide, stride, dilation, padding)[0]
    first = max(0, -(offset // stride))
    count = min(size - 1, (output - 1 - offset) // stride) - first + 1
    return first, first * stride + offset, max(0, count)


def transposed_gradients(x: Array, dy: Array, kernel: Array, window: Window) -> tuple[Array, Array]:
    """dx and d kernel of a transposed convolution; kernel (*size, filters, channels).

    What it cut off or left at 0 is put back, so that each input meets the window it was written into.
    """
    axes = list(zip(window.size, window.strides, window.dilation, strict=True))
    whole_sizes = [
        (size - 1) * stride + reach(wide, dilation)
        for size, (wide, stride, dilation) in zip(x.shape[1:-1], axes, strict=True)
    ]
    kept = [
        slice(padding_amounts(size, *axis, window.padding)[0], None)
        for size, axis in zip(dy.shape[1:-1], axes, strict=True)
    ]
    whole = np.zeros((len(dy), *whole_sizes, dy.shape[-1]), dy.dtype)
    inner = whole[(slice(None), *kept)]
    common = tuple(slice(0, min(ours, theirs)) for ours, theirs in zip(inner.shape[1:-1], dy.shape[1:-1], strict=True))
    inner[(slice(None), *common)] = dy[(slice(None), *common)]
    plain = Window(window.size, window.strides, window.dilation)
    return convolve(whole, kernel, plain), kernel_gradient(whole, x, plain)
