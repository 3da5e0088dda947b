"""Padding decides where a window may stand: how many numbers are added on each side, and so how many steps there are.

The sizes of one axis; all functions are plain integer arithmetic. ``padding`` is "valid" (none is added), "same" (as
many as make the output ceil(size / stride) long, the odd one at the end) or "causal" (all in front: no look ahead).
Source: https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError

#: How much is added before and after each inner axis.
Amounts: TypeAlias = tuple[tuple[int, int], ...]


def reach(kernel: int, dilation: int) -> int:
    """Count the numbers from the first to the last that a window of `kernel` taps, `dilation` apart, meets."""
    return (kernel - 1) * dilation + 1


def output_size(size: int | None, kernel: int, stride: int, dilation: int, padding: str) -> int | None:
    """Count the positions of the window; None where `size` is not known. Raises `InputError` for none at all."""
    if size is None:
        return None
    room = size - reach(kernel, dilation) + 1 if padding == "valid" else size
    if room < 1:
        raise InputError(f"a window that reaches over {reach(kernel, dilation)} cells does not fit in {size}")
    return -(-room // stride)


def transposed_output_size(
    size: int | None, kernel: int, stride: int, dilation: int, padding: str, output_padding: int | None = None
) -> int | None:
    """Count the numbers that come out along one axis; None where `size` is not known.

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


def padding_amounts(size: int, kernel: int, stride: int, dilation: int, padding: str) -> tuple[int, int]:
    """Count the numbers to add before and after an axis of `size`."""
    if padding == "valid":
        return 0, 0
    if padding == "causal":
        return reach(kernel, dilation) - 1, 0
    positions = -(-size // stride)
    total = max((positions - 1) * stride + reach(kernel, dilation) - size, 0)
    return total // 2, total - total // 2


def pad(x: Array, amounts: Amounts, value: float = 0) -> Array:
    """Put `value` around the inner axes: (batch, *sizes, channels), one pair (before, after) for each size."""
    if not any(before or after for before, after in amounts):
        return x
    sizes = [size + before + after for size, (before, after) in zip(x.shape[1:-1], amounts, strict=True)]
    padded = np.full((x.shape[0], *sizes, x.shape[-1]), value, dtype=x.dtype)
    crop(padded, amounts)[:] = x
    return padded


def crop(x: Array, amounts: Amounts) -> Array:
    """View what `pad` would put these amounts around; its gradient."""
    kept = (slice(before, size - after) for size, (before, after) in zip(x.shape[1:-1], amounts, strict=True))
    return x[(slice(None), *kept)]
