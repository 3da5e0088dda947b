"""A window slides over the inner axes of an array; convolution and pooling only differ in what they do with its taps.

Two ways to look at the same thing, both views that copy nothing: all taps of each position (`windows`), or, tap by tap,
what it meets at all positions (`taps`). Arrays are (batch, *sizes, channels).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.arrays import Array, Shape
from core.ops.padding import output_size, pad, padding_amounts, reach

#: Padding of so many numbers along an axis is made, whatever the size of the array.
_FAR = 4096


@dataclass(frozen=True)
class Window:
    """How many taps a window has along each axis, how far apart they are, how far it steps, and the padding."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str = "valid"

    @property
    def rank(self) -> int:
        """The number of axes it slides along."""
        return len(self.size)

    def output_sizes(self, sizes: Shape) -> Shape:
        """Count the positions along each axis; None where the size is not known."""
        axes = zip(sizes, self.size, self.strides, self.dilation, strict=True)
        return tuple(output_size(*axis, self.padding) for axis in axes)

    def padded_sizes(self, sizes: Shape) -> tuple[int, ...]:
        """Return the sizes that an array of known `sizes` has after `padded`."""
        axes = zip(sizes, self.size, self.strides, self.dilation, strict=True)
        known = [(size or 0, *axis) for size, *axis in axes]
        return tuple(axis[0] + sum(padding_amounts(axis[0], axis[1], axis[2], axis[3], self.padding)) for axis in known)

    def padded(self, x: Array, value: float = 0) -> Array:
        """Add the padding, which holds `value`."""
        axes = zip(x.shape[1:-1], self.size, self.strides, self.dilation, strict=True)
        return pad(x, tuple(padding_amounts(*axis, self.padding) for axis in axes), value)

    def unpadded(self, x: Array, sizes: tuple[int, ...]) -> Array:
        """Cut off what `padded` added to an array of `sizes`: its gradient."""
        axes = zip(sizes, self.size, self.strides, self.dilation, strict=True)
        before = [padding_amounts(*axis, self.padding)[0] for axis in axes]
        return x[(slice(None), *(slice(start, start + size) for start, size in zip(before, sizes, strict=True)))]


def windows(x: Array, window: Window) -> Array:
    """View a padded array as its windows: (batch, *positions, *window.size, channels)."""
    axes = tuple(range(1, window.rank + 1))
    reaches = tuple(map(reach, window.size, window.dilation))
    view = sliding_window_view(x, reaches, axis=axes)  # (batch, *positions, channels, *reaches)
    steps = tuple(slice(None, None, stride) for stride in window.strides)
    apart = tuple(slice(None, None, dilation) for dilation in window.dilation)
    return np.moveaxis(view[(slice(None), *steps, slice(None), *apart)], window.rank + 1, -1)


def taps(x: Array, window: Window) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Go through the taps of the window: the index, and the view (batch, *positions, channels) of what it meets."""
    axes = list(zip(x.shape[1:-1], window.size, window.dilation, window.strides, strict=True))
    counts = [(size - reach(kernel, dilation)) // stride + 1 for size, kernel, dilation, stride in axes]
    for tap in np.ndindex(window.size):
        along = tuple(
            slice(index * dilation, index * dilation + (count - 1) * stride + 1, stride)
            for index, count, (_, _, dilation, stride) in zip(tap, counts, axes, strict=True)
        )
        yield tap, x[(slice(None), *along)]


def is_far(sizes: tuple[int, ...], window: Window) -> bool:
    """Return whether the padding is many times the array: dilated so far that some taps meet nothing else."""
    axes = zip(sizes, window.size, window.strides, window.dilation, strict=True)
    return any(sum(padding_amounts(*axis, window.padding)) > max(_FAR, 4 * axis[0]) for axis in axes)


def near(x: Array, kernel: Array, window: Window) -> tuple[Array, Array, Window]:
    """Leave out the taps of a window that only meet padding: (x padded by what the others meet, their kernel, their window).

    kernel (*window.size, ...). The new window is "valid" on the new x, and stands at as many positions; where no tap is
    left along an axis, its kernel is empty.
    """
    met, amounts, kept = [], [], []
    axes = zip(x.shape[1:-1], window.size, window.strides, window.dilation, strict=True)
    for size, wide, stride, dilation in axes:
        before, _ = padding_amounts(size, wide, stride, dilation, window.padding)
        last_position = ((output_size(size, wide, stride, dilation, window.padding) or 1) - 1) * stride
        first = max(0, -((last_position - before) // dilation))
        last = min(wide - 1, (size - 1 + before) // dilation)
        met.append(slice(first, max(first, last + 1)))
        front = before - first * dilation
        back = last_position + last * dilation - before - (size - 1)
        amounts.append((max(0, front), max(0, back)))
        kept.append(slice(max(0, -front), size - max(0, -back)))
    smaller = kernel[tuple(met)]
    cut = pad(x[(slice(None), *kept)], tuple(amounts))
    return cut, smaller, Window(smaller.shape[: window.rank], window.strides, window.dilation)
