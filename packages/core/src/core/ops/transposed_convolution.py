"""A transposed convolution runs a convolution backwards: every input cell writes the kernel, scaled, into the output.

It is what carries the gradient of a convolution back to its input, used as a layer to make images larger.
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.padding import padding_amounts, reach
from core.ops.windows import Window, cells


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
    axes = list(zip(window.size, window.strides, window.dilation, strict=True))
    whole_sizes = [
        (size - 1) * stride + reach(wide, dilation)
        for size, (wide, stride, dilation) in zip(x.shape[1:-1], axes, strict=True)
    ]
    whole = np.zeros((len(x), *whole_sizes, filters), dtype=dtype)
    for cell, target in cells(whole, window):
        np.add(target, x @ weights[cell].T, out=target)  # the view writes into `whole`
    y = np.zeros((len(x), *output_sizes, filters), dtype=kernel.dtype)
    kept = tuple(
        slice(padding_amounts(size, *axis, window.padding)[0], None)
        for size, axis in zip(output_sizes, axes, strict=True)
    )
    cut = whole[(slice(None), *kept)][(slice(None), *(slice(0, size) for size in output_sizes))]
    y[tuple(slice(0, size) for size in cut.shape)] = cut
    return y
