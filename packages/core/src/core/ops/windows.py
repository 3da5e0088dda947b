"""A window slides over the inner axes of an array; convolution and pooling only differ in what they do with its cells.

Two ways to look at the same thing, both views that copy nothing: all cells of each place (`windows`), or, cell by cell
of the window, what that cell sees at all places (`cells`). Arrays are (batch, *sizes, channels).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from core.arrays import Array, Shape
from core.ops.padding import output_size, pad, padding_amounts, reach


@dataclass(frozen=True)
class Window:
    """How many cells a window has along each axis, how far apart they are, how far it steps, and the padding."""

    size: tuple[int, ...]
    strides: tuple[int, ...]
    dilation: tuple[int, ...]
    padding: str = "valid"

    @property
    def rank(self) -> int:
        """The number of axes it slides along."""
        return len(self.size)

    def output_sizes(self, sizes: Shape) -> Shape:
        """Count the places along each axis; None where the size is not known."""
        axes = zip(sizes, self.size, self.strides, self.dilation, strict=True)
        return tuple(output_size(*axis, self.padding) for axis in axes)

    def padded(self, x: Array, value: float = 0) -> Array:
        """Add the cells that the padding asks for, holding `value`."""
        axes = zip(x.shape[1:-1], self.size, self.strides, self.dilation, strict=True)
        return pad(x, tuple(padding_amounts(*axis, self.padding) for axis in axes), value)


def windows(x: Array, window: Window) -> Array:
    """View a padded array as its windows: (batch, *places, *window.size, channels)."""
    axes = tuple(range(1, window.rank + 1))
    reaches = tuple(map(reach, window.size, window.dilation))
    view = sliding_window_view(x, reaches, axis=axes)  # (batch, *places, channels, *reaches)
    steps = tuple(slice(None, None, stride) for stride in window.strides)
    apart = tuple(slice(None, None, dilation) for dilation in window.dilation)
    return np.moveaxis(view[(slice(None), *steps, slice(None), *apart)], window.rank + 1, -1)


def cells(x: Array, window: Window) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Go through the cells of the window: its index, and the view (batch, *places, channels) of what it meets."""
    sizes = x.shape[1:-1]
    places = [
        (size - reach(kernel, dilation)) // stride + 1
        for size, kernel, dilation, stride in zip(sizes, window.size, window.dilation, window.strides, strict=True)
    ]
    for cell in np.ndindex(window.size):
        along = tuple(
            slice(index * dilation, index * dilation + (count - 1) * stride + 1, stride)
            for index, dilation, count, stride in zip(cell, window.dilation, places, window.strides, strict=True)
        )
        yield cell, x[(slice(None), *along)]
