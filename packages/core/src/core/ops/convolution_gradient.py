"""The way back through a convolution: to its kernel, a product with the same windows; to its input, a convolution again.

Arrays are (batch, *sizes, channels), as in `core.ops.convolution`; dy (batch, *places, filters) is the gradient of what
came out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.arrays import Array
from core.ops.convolution import convolve
from core.ops.padding import pad, padding_amounts, reach
from core.ops.transposed_convolution import convolve_transposed
from core.ops.windows import Window, cells, windows

#: Windows are written as rows in blocks of whole examples, of about this size, so that they are multiplied in the cache.
BLOCK_BYTES = 4 * 2**20


def kernel_gradient(x: Array, dy: Array, window: Window, *, groups: int = 1) -> Array:
    """d kernel[o, c, f] = sum over b, p of x[b, p * stride + o * dilation, c] * dy[b, p, f]."""
    channels, filters = x.shape[-1] // groups, dy.shape[-1] // groups
    seen = windows(window.padded(x), window)
    columns = int(np.prod(window.size)) * channels
    places = int(np.prod(dy.shape[1:-1]))
    step = max(1, BLOCK_BYTES // (places * columns * groups * x.itemsize))
    total = np.zeros((groups, columns, filters), dy.dtype)
    for start in range(0, len(x), step):
        rows = seen[start : start + step].reshape(-1, *window.size, groups, channels)
        patches = np.moveaxis(rows, -2, 0).reshape(groups, len(rows), columns)
        gradients = dy[start : start + step].reshape(len(rows), groups, filters).swapaxes(0, 1)
        total += patches.swapaxes(1, 2) @ gradients
    return np.moveaxis(total, 0, 1).reshape(*window.size, channels, groups * filters)


def input_gradient(dy: Array, kernel: Array, window: Window, sizes: tuple[int, ...], *, groups: int = 1) -> Array:
    """dx[b, i, c] = sum over o, f of dy[b, p, f] * kernel[o, c, f] where p * stride + o * dilation = i + padding in front.

    With steps of 1 that is a convolution with the kernel turned round; with wider steps dy is written out again.
    """
    if any(stride > 1 for stride in window.strides):
        parts = [
            convolve_transposed(part, own, window, sizes)
            for part, own in zip(np.split(dy, groups, axis=-1), np.split(kernel, groups, axis=-1), strict=True)
        ]
        return np.concatenate(parts, axis=-1) if groups > 1 else parts[0]
    padded = pad(dy, border(window, sizes, dy.shape[1:-1]))
    return convolve(padded, turned(kernel, groups), replace(window, padding="valid"), groups=groups)


def turned(kernel: Array, groups: int) -> Array:
    """Turn a kernel round, and let filters and channels change places, within each group."""
    *size, channels, filters = kernel.shape
    apart = kernel.reshape(*size, channels, groups, filters // groups)
    swapped = np.moveaxis(apart, -1, -3).swapaxes(-1, -2)  # (*size, filters / groups, groups, channels)
    return np.flip(swapped, axis=tuple(range(len(size)))).reshape(*size, filters // groups, groups * channels)


def border(window: Window, sizes: tuple[int, ...], places: tuple[int, ...]) -> tuple[tuple[int, int], ...]:
    """Count the zeros around dy (.., *places, ..) from which the turned kernel makes dx (.., *sizes, ..), steps being 1."""
    amounts = []
    for size, wide, dilation, count in zip(sizes, window.size, window.dilation, places, strict=True):
        before, _ = padding_amounts(size, wide, 1, dilation, window.padding)
        amounts.append((reach(wide, dilation) - 1 - before, size + before - count))
    return tuple(amounts)


def depthwise_gradients(x: Array, dy: Array, kernel: Array, window: Window) -> tuple[Array, Array]:
    """dx and d kernel of a depthwise convolution, dy (batch, *places, channels * multiplier); cell by cell."""
    padded = window.padded(x)
    dx, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    dy = dy.reshape(*dy.shape[:-1], *kernel.shape[-2:])
    for (cell, seen), (_, target) in zip(cells(padded, window), cells(dx, window), strict=True):
        dkernel[cell] = np.einsum("nc,ncm->cm", seen.reshape(-1, seen.shape[-1]), dy.reshape(-1, *dy.shape[-2:]))
        np.add(target, np.einsum("...cm,cm->...c", dy, kernel[cell]), out=target)  # the view writes into dx
    return without_padding(dx, window, x.shape[1:-1]), dkernel


def transposed_gradients(x: Array, dy: Array, kernel: Array, window: Window) -> tuple[Array, Array]:
    """dx and d kernel of a transposed convolution; kernel (*size, filters, channels).

    What it cut off or left at 0 is put back, so that each input cell finds the window it was written into.
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


def without_padding(x: Array, window: Window, sizes: tuple[int, ...]) -> Array:
    """Cut off what `Window.padded` added to an array of `sizes`."""
    axes = zip(sizes, window.size, window.strides, window.dilation, strict=True)
    before = [padding_amounts(*axis, window.padding)[0] for axis in axes]
    return x[(slice(None), *(slice(start, start + size) for start, size in zip(before, sizes, strict=True)))]
