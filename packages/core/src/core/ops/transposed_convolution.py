"""A transposed convolution runs a convolution backwards: every input cell writes the kernel, scaled, into the output.

It is what carries the gradient of a convolution back to its input, used as a layer to make images larger.
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.padding import padding_amounts, reach
from core.ops.windows import Window


def transposed_output_size(
    size: int | None, kernel: int, stride: int, dilation: int, padding: str, output_padding: int | None = None
) -> int | None:
    """Count the cells that come out along one axis; None where `size` is not known.

    A convolution loses the remainder of size / stride, so several outputs are possible; `output_padding` chooses one.
    Raises `InputError` where no convolution leads from that output back to `size`.
    """
    if size is None:
        return None
    wide = reach(kernel, dilation)
    if padding == "valid":
        return (size - 1) * stride + wide + (max(stride - wide, 0) if output_padding is None else output_padding)
    if output_padding is None:
        return size * stride
    result = (size - 1) * stride + wide % 2 + output_padding
    if -(-result // stride) != size:
        raise InputError(f"output_padding={output_padding} with padding='same' would give {result} cells for {size}")
    return result


def convolve_transposed(x: Array, kernel: Array, window: Window, output_sizes: tuple[int, ...]) -> Array:
    """y[b, p * stride + o * dilation, f] += sum over channels c of x[b, p, c] * kernel[o, f, c], for each cell o.

    x (batch, *sizes, channels), kernel (*window.size, filters, channels) -> (batch, *output_sizes, filters): what the
    convolution would have padded is cut off, and cells that no input reaches are 0.
    """
    filters, channels = kernel.shape[-2:]
    if x.shape[-1] != channels:
        raise InputError(f"the kernel expects {channels} channels, got an array of shape {x.shape}")
    dtype = np.dtype(np.float32) if kernel.dtype == np.float16 else kernel.dtype
    x, weights = x.astype(dtype, copy=False), kernel.astype(dtype, copy=False)
    y = np.zeros((len(x), *output_sizes, filters), dtype=dtype)
    axes = list(zip(output_sizes, x.shape[1:-1], window.size, window.strides, window.dilation, strict=True))
    for cell in np.ndindex(window.size):
        met = [_met(*axis, tap, window.padding) for axis, tap in zip(axes, cell, strict=True)]
        if all(count for _, _, count in met):
            read = tuple(slice(first, first + count) for first, _, count in met)
            written = tuple(
                slice(start, start + (count - 1) * stride + 1, stride)
                for (_, start, count), stride in zip(met, window.strides, strict=True)
            )
            target = y[(slice(None), *written)]
            np.add(target, (x @ weights[cell].T)[(slice(None), *read)], out=target)  # the view writes into y
    return y.astype(kernel.dtype, copy=False)


def _met(output: int, size: int, wide: int, stride: int, dilation: int, tap: int, padding: str) -> tuple[int, int, int]:
    """Return which cells of one axis `tap` writes into the output: the first, where it writes that one, how many."""
    offset = tap * dilation - padding_amounts(output, wide, stride, dilation, padding)[0]
    first = max(0, -(offset // stride))
    count = min(size - 1, (output - 1 - offset) // stride) - first + 1
    return first, first * stride + offset, max(0, count)
