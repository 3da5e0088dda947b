"""A depthwise convolution: every channel has kernels of its own, and channels do not mix.

Arrays are (batch, *sizes, channels), whatever the number of sizes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.windows import Window, is_far, near, taps, windows


def convolve_depthwise(x: Array, kernel: Array, window: Window) -> Array:
    """y[b, p, c, m] = sum over taps o of x[b, p * stride + o * dilation, c] * kernel[o, c, m]: channels do not mix.

    x (batch, *sizes, channels), kernel (*window.size, channels, multiplier) -> (batch, *positions, channels * multiplier).
    """
    channels, multiplier = kernel.shape[-2:]
    if x.shape[-1] != channels:
        raise InputError(f"the kernel expects {channels} channels, got an array of shape {x.shape}")
    if is_far(x.shape[1:-1], window):
        return convolve_near(x, kernel, window, channels * multiplier, convolve_depthwise)
    dtype = summing_type(kernel)
    seen = windows(window.padded(x.astype(dtype, copy=False)), window)
    positions, tap_axes = list(range(window.rank + 1)), list(range(window.rank + 1, 2 * window.rank + 1))
    channel, copy = 2 * window.rank + 1, 2 * window.rank + 2  # the letters of the sum, as einsum counts them
    y = np.einsum(
        seen, [*positions, *tap_axes, channel],
        kernel.astype(dtype, copy=False), [*tap_axes, channel, copy],
        [*positions, channel, copy],
    )  # fmt: skip
    return y.reshape(*y.shape[:-2], channels * multiplier).astype(kernel.dtype, copy=False)


def depthwise_gradients(x: Array, dy: Array, kernel: Array, window: Window) -> tuple[Array, Array]:
    """dx and d kernel of a depthwise convolution, dy (batch, *positions, channels * multiplier); tap by tap."""
    padded = window.padded(x)
    dx, dkernel = np.zeros_like(padded), np.zeros_like(kernel)
    dy = dy.reshape(*dy.shape[:-1], *kernel.shape[-2:])
    for (tap, seen), (_, target) in zip(taps(padded, window), taps(dx, window), strict=True):
        dkernel[tap] = np.einsum("nc,ncm->cm", seen.reshape(-1, seen.shape[-1]), dy.reshape(-1, *dy.shape[-2:]))
        np.add(target, np.einsum("...cm,cm->...c", dy, kernel[tap]), out=target)  # the view writes into dx
    return window.unpadded(dx, x.shape[1:-1]), dkernel


def convolve_near(x: Array, kernel: Array, window: Window, filters: int, function: Callable[..., Array]) -> Array:
    """Convolve with the taps that meet more than padding; without any, all is zero."""
    positions = window.output_sizes(x.shape[1:-1])
    x, kernel, window = near(x, kernel, window)
    if not kernel.size:
        return np.zeros((len(x), *(count or 0 for count in positions), filters), kernel.dtype)
    return function(x, kernel, window)


def summing_type(kernel: Array) -> np.dtype:
    """Sum half precision in single, as Keras does; every other type in itself."""
    return np.dtype(np.float32) if kernel.dtype == np.float16 else kernel.dtype
