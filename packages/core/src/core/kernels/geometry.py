"""Where a convolution's windows stand, for one input shape; and the patches of a row of positions without a copy.

Zeros around an image belong to two neighbours at once: the pixels after the end of a row are those before the start of the
next. So an image of `width` pixels needs rows of ``pitch = width + one side's padding`` pixels. And where the pixels that a
window covers along a row lie next to one another, so do their channels: the patch of the next position is the same memory
moved by one pixel. A matrix whose rows overlap is nothing that BLAS takes, but every third row (for a window of three
taps) is the row of such a matrix without overlap: three products on views replace a copy of three times the image.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.lib.stride_tricks import as_strided

from core.arrays import Array
from core.kernels.blas import most_unpacked
from core.kernels.kernel import BoundCall
from core.kernels.workspace import Workspace
from core.ops.padding import padding_amounts, reach
from core.ops.windows import Window

#: Cells to add before and after the height and the width, beside what the window's own padding asks for.
Border: TypeAlias = tuple[tuple[int, int], tuple[int, int]]

NO_BORDER: Border = ((0, 0), (0, 0))


@dataclass(frozen=True)
class Geometry:
    """An image of (height, width), padded, and the window that steps over it."""

    window: Window
    sizes: tuple[int, int]
    before: tuple[int, int]
    after: tuple[int, int]

    @classmethod
    def of(cls, window: Window, border: Border, height: int, width: int) -> Geometry:
        """Find the padding for an image of `height` and `width` inside `border`."""
        whole = (height + sum(border[0]), width + sum(border[1]))
        axes = zip(whole, window.size, window.strides, window.dilation, strict=True)
        amounts = [padding_amounts(*axis, window.padding) for axis in axes]
        before = tuple(own[0] + more[0] for own, more in zip(amounts, border, strict=True))
        after = tuple(own[1] + more[1] for own, more in zip(amounts, border, strict=True))
        return cls(window, (height, width), (before[0], before[1]), (after[0], after[1]))

    @property
    def output(self) -> tuple[int, int]:
        """The number of positions down and across."""
        down, across = (
            (size + before + after - reach(kernel, dilation)) // stride + 1
            for size, before, after, kernel, dilation, stride in zip(
                self.sizes, self.before, self.after, self.window.size, self.window.dilation, self.window.strides, strict=True
            )
        )  # fmt: skip
        return down, across

    @property
    def pitch(self) -> int:
        """Pixels from one row to the next: a multiple of the step, so that the positions of all rows are equally far apart."""
        pixels = self.sizes[1] + max(self.before[1], self.after[1])
        return -(-pixels // self.window.strides[1]) * self.window.strides[1]

    @property
    def spare(self) -> int:
        """Cells behind the last row that a product over whole rows may touch."""
        return 2 * self.window.size[1] + self.window.strides[1]

    def padded(self, images: int, channels: int, rows: int, workspace: Workspace) -> Array:
        """Return the view where `images` belong in a field of zeros that has at least `rows` rows for each."""
        (height, width), (top, left) = self.sizes, self.before
        rows = max(rows, top + height + self.after[0])
        pixels = workspace.keep((images * rows * self.pitch + self.spare, channels))
        field = pixels[: -self.spare].reshape(images, rows, self.pitch, channels)
        return field[:, top : top + height, left : left + width]

    def field(self, image: Array, beyond: int = 0) -> Array:
        """Return the field around an `image` that stands in `padded`, its rows continued by so many pixels of the next."""
        pixels = pixels_of(image)
        rows = (len(pixels) - self.spare) // (len(image) * self.pitch)
        shape = (len(image), rows, self.pitch + beyond, image.shape[-1])
        return as_strided(pixels, shape, (*image.strides[:3], image.strides[3]), writeable=False)


def pixels_of(image: Array) -> Array:
    """Return all pixels of the field in which an `image` from `Geometry.padded` stands, (pixels, channels)."""
    assert image.base is not None
    return image.base


class PatchProduct:
    """A matrix product over all patches of a field, (..., pixels, channels) in one piece, a patch `across` pixels wide.

    The result has a line for every position, those at the end of a row, where the window would hang over, included. Where
    BLAS is faster with small products, each is cut in several: with `exact` so that nothing is left over at the end.
    """

    def __init__(self, lines: int, across: int, step: int, kernel: Array, *, exact: bool = False) -> None:
        self.across, self.step = across, step
        self.kernel = kernel[..., None, :, :]  # (..., across * channels, filters), the same for all cuts
        self.parts = -(-across // step)  # so many products, each over every n-th position
        each = -(-lines // self.parts)
        limit = most_unpacked()
        most = each if limit is None else max(1, limit // (kernel.shape[-2] * kernel.shape[-1]))
        self.cuts = -(-each // most)
        while exact and each % self.cuts:
            self.cuts += 1
        self.each = -(-each // self.cuts)
        self.lines = self.cuts * self.each * self.parts  # the lines of the result
        self.pixels = (self.lines - 1) * step + across  # what is read

    def calls(self, field: Array, result: Array) -> Iterator[BoundCall]:
        """Multiply `field`, (..., pixels, channels), into `result`, (..., lines, filters)."""
        *stacked, _, channels = field.shape
        *outer, line, number = field.strides
        apart = self.parts * self.step * line
        shape = (*stacked, self.cuts, self.each, self.across * channels)
        strides = (*outer, self.each * apart, apart, number)
        for part in range(self.parts):
            patches = as_strided(field[..., part * self.step :, :], shape, strides, writeable=False)
            found = result[..., part :: self.parts, :].reshape(*stacked, self.cuts, self.each, -1)
            yield partial(np.matmul, patches, self.kernel, found)


def kernel_rows(kernel: Array) -> Array:
    """Write a kernel (down, across, channels, filters) as a matrix for patches that run (across, down, channels)."""
    return np.ascontiguousarray(kernel.transpose(1, 0, 2, 3).reshape(-1, kernel.shape[-1]))
