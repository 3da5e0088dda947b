"""The convolutions of a training step over images: on all cores, a few images at a time while they are in the cache.

They compute what `core.ops.convolution` and `core.ops.convolution_gradient` say, whose lines are the definition, and leave
to them what they do not cover: other types than float32, other arrays than images, groups.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.engine.convolve import Convolve
from core.engine.memory import Memory
from core.engine.places import NO_BORDER, Places, cells_of
from core.engine.rows import cut
from core.engine.threads import available_cores, calling_numpy, each
from core.ops import convolution, convolution_gradient
from core.ops.windows import Window

#: What a tile reads and writes. Half of it stays in a second-level cache of 1 MiB; the same speed up to twice as much.
TILE_BYTES = 2**20
#: With fewer channels the nine small products of a 3x3 kernel cost more than one over its written-out windows.
FEWEST_CHANNELS = 8


#: What is done with a tile of rows, which is of a certain part.
Work: TypeAlias = Callable[[slice, int], None]


class _Own(threading.local):
    """The buffers of a thread."""

    def __init__(self) -> None:
        self.memory = Memory()


_own = _Own()


def convolve(x: Array, kernel: Array, window: Window, *, groups: int = 1) -> Array:
    """See `core.ops.convolution.convolve`."""
    if not _covers(x, window, groups):
        return convolution.convolve(x, kernel, window, groups=groups)
    return _run(Convolve(kernel, None, window), x)


def input_gradient(dy: Array, kernel: Array, window: Window, sizes: tuple[int, ...], *, groups: int = 1) -> Array:
    """See `core.ops.convolution_gradient.input_gradient`."""
    if not _covers(dy, window, groups) or window.strides != (1, 1):
        return convolution_gradient.input_gradient(dy, kernel, window, sizes, groups=groups)
    border = convolution_gradient.border(window, sizes, dy.shape[1:-1])
    turned = convolution_gradient.turned(kernel, groups)
    return _run(Convolve(turned, None, replace(window, padding="valid"), border=(border[0], border[1])), dy)


def kernel_gradient(x: Array, dy: Array, window: Window, *, groups: int = 1) -> Array:
    """See `core.ops.convolution_gradient.kernel_gradient`.

    In a field of zeros around the images, what a cell of the window meets at all places is the same memory, moved: one
    matrix product for each cell, with dy in a field of the same pitch.
    """
    if not _covers(x, window, groups) or window.strides != (1, 1) or x.shape[-1] < FEWEST_CHANNELS:
        return convolution_gradient.kernel_gradient(x, dy, window, groups=groups)
    places, cell_of_dy = Places.of(window, NO_BORDER, *x.shape[1:3]), dy.shape[-1]
    totals = np.zeros((available_cores(), *window.size, x.shape[-1], cell_of_dy), np.float32)

    def bind(memory: Memory, images: int) -> Work:
        room = places.padded(images, x.shape[-1], 0, memory)
        field = places.field(room)
        _, rows, pitch, _ = field.shape
        slopes = memory.keep((images, rows, pitch, cell_of_dy))
        inner = slopes[:, : dy.shape[1], : dy.shape[2]]
        lines = images * rows * pitch - (rows - dy.shape[1]) * pitch  # below the last image's places dy is zero
        under = [
            cells_of(room)[down * window.dilation[0] * pitch + across * window.dilation[1] :][:lines].T
            for down, across in np.ndindex(window.size)
        ]
        beside = slopes.reshape(-1, cell_of_dy)[:lines]
        product = memory.take((x.shape[-1], cell_of_dy))

        def work(tile: slice, part: int) -> None:
            np.copyto(room, x[tile])
            np.copyto(inner, dy[tile])
            for cells, total in zip(under, totals[part].reshape(-1, *product.shape), strict=True):
                np.matmul(cells, beside, product)
                np.add(total, product, total)

        return work

    _in_tiles(bind, len(x), x[:1].nbytes + dy[:1].nbytes)
    return totals.sum(axis=0)


def _covers(x: Array, window: Window, groups: int) -> bool:
    return x.dtype == np.float32 and window.rank == 2 and groups == 1 and window.dilation[1] == 1 and len(x) > 0


def _run(step: Convolve, x: Array) -> Array:
    y = np.empty((len(x), *step.places(x.shape).output, step.kernel.shape[-1]), np.float32)

    def bind(memory: Memory, images: int) -> Work:
        room = step.room((images, *x.shape[1:]), memory)
        room = memory.take((images, *x.shape[1:])) if room is None else room
        target = memory.take((images, *y.shape[1:]))
        calls = list(step.bind([room], target, memory))

        def work(tile: slice, _: int) -> None:
            np.copyto(room, x[tile])
            for call in calls:
                call()
            np.copyto(y[tile], target)

        return work

    _in_tiles(bind, len(x), x[:1].nbytes + y[:1].nbytes)
    return y


def _in_tiles(bind: Callable[[Memory, int], Work], rows: int, row_bytes: int) -> None:
    """Cut the rows in a part for each core, and each part in tiles; `bind` prepares the work on tiles of so many rows."""
    workers = available_cores()
    most = max(1, TILE_BYTES // row_bytes)
    parts = list(cut(rows, -(-rows // workers), workers))

    def work(part: slice) -> None:
        _own.memory.clear()
        bound: dict[int, Work] = {}
        with calling_numpy():
            for tile in cut(part.stop - part.start, most, 1):
                size = tile.stop - tile.start
                if size not in bound:
                    bound[size] = bind(_own.memory, size)
                bound[size](slice(part.start + tile.start, part.start + tile.stop), parts.index(part))

    each(work, parts, workers)
