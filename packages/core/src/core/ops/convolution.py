"""A convolution is one matrix product: the windows of the image, each written as a row, times the kernel.

The same lines serve sequences, images and volumes: arrays are (batch, *sizes, channels), whatever the number of sizes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.windows import Window, is_far, near, windows

#: Rows are gathered in blocks of this size, so that they are still in the cache when they are multiplied. Measured on
#: CIFAR-10 networks: the same speed from 1 to 2 MiB, slower above; fewer blocks are fewer hand-overs between threads.
BLOCK_BYTES = 2 * 2**20


def convolve(x: Array, kernel: Array, window: Window, *, groups: int = 1) -> Array:
    """y[b, p, f] = sum over cells o and channels c of x[b, p * stride + o * dilation, c] * kernel[o, c, f].

    x (batch, *sizes, channels), kernel (*window.size, channels / groups, filters) -> (batch, *places, filters). With
    groups, the channels and the filters are cut in as many parts, and each part of the filters sees its own channels.
    The result has the kernel's type; float16 is summed in float32. Raises `InputError` if the channels do not fit.
    """
    channels, filters = kernel.shape[-2:]
    if x.shape[-1] != channels * groups:
        raise InputError(f"the kernel expects {channels * groups} channels, got an array of shape {x.shape}")
    if channels == 1 and groups > 1:
        return convolve_depthwise(x, kernel.reshape(*window.size, groups, filters // groups), window)
    if is_far(x.shape[1:-1], window):
        return _from_near(x, kernel, window, filters, partial(convolve, groups=groups))
    dtype = _summing_type(kernel)
    seen = windows(window.padded(x.astype(dtype, copy=False)), window)
    matrices = kernel.astype(dtype, copy=False).reshape(-1, groups, filters // groups).swapaxes(0, 1)
    places = seen.shape[: window.rank + 1]
    y = np.empty((*places, filters), dtype=kernel.dtype)
    for block in _blocks(places, matrices.shape[1] * groups * dtype.itemsize):
        rows = seen[block]
        patches = rows.reshape(-1, *window.size, groups, channels)
        patches = np.moveaxis(patches, -2, 0).reshape(groups, len(patches), matrices.shape[1])
        product = np.moveaxis(patches @ matrices, 0, 1)  # (rows, groups, filters / groups)
        y[block] = product.reshape(*rows.shape[: window.rank + 1], filters)
    return y


def convolve_depthwise(x: Array, kernel: Array, window: Window) -> Array:
    """y[b, p, c, m] = sum over cells o of x[b, p * stride + o * dilation, c] * kernel[o, c, m]: channels do not mix.

    x (batch, *sizes, channels), kernel (*window.size, channels, multiplier) -> (batch, *places, channels * multiplier).
    """
    channels, multiplier = kernel.shape[-2:]
    if x.shape[-1] != channels:
        raise InputError(f"the kernel expects {channels} channels, got an array of shape {x.shape}")
    if is_far(x.shape[1:-1], window):
        return _from_near(x, kernel, window, channels * multiplier, convolve_depthwise)
    dtype = _summing_type(kernel)
    seen = windows(window.padded(x.astype(dtype, copy=False)), window)
    places, cell_axes = list(range(window.rank + 1)), list(range(window.rank + 1, 2 * window.rank + 1))
    channel, copy = 2 * window.rank + 1, 2 * window.rank + 2  # the letters of the sum, as einsum counts them
    y = np.einsum(
        seen, [*places, *cell_axes, channel],
        kernel.astype(dtype, copy=False), [*cell_axes, channel, copy],
        [*places, channel, copy],
    )  # fmt: skip
    return y.reshape(*y.shape[:-2], channels * multiplier).astype(kernel.dtype, copy=False)


def _from_near(x: Array, kernel: Array, window: Window, filters: int, function: Callable[..., Array]) -> Array:
    """Convolve with the cells that see more than padding; without any, all is zero."""
    places = window.output_sizes(x.shape[1:-1])
    x, kernel, window = near(x, kernel, window)
    if not kernel.size:
        return np.zeros((len(x), *(count or 0 for count in places), filters), kernel.dtype)
    return function(x, kernel, window)


def _summing_type(kernel: Array) -> np.dtype:
    """Sum half precision in single, as Keras does; every other type in itself."""
    return np.dtype(np.float32) if kernel.dtype == np.float16 else kernel.dtype


def _blocks(places: tuple[int, ...], row_bytes: int) -> Iterator[tuple[slice, slice]]:
    """Cut (batch, first axis, ...) in blocks of whole examples, or of parts of one, of about `BLOCK_BYTES` each."""
    batch, first, *rest = places
    step_bytes = max(1, int(np.prod(rest)) * row_bytes)  # one step along the first axis
    examples = BLOCK_BYTES // (first * step_bytes)
    steps = first if examples else max(1, BLOCK_BYTES // step_bytes)
    for example in range(0, batch, max(1, examples)):
        for step in range(0, first, steps):
            yield slice(example, example + max(1, examples)), slice(step, step + steps)
