"""Rows of a training step on all cores, a few at a time, so that what one call leaves is in the cache of the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.kernels.rows import cut
from core.kernels.threads import available_cores, calling_numpy, each
from core.kernels.workspace import Workspace

#: What a tile of a convolution reads and writes. Half of it stays in a second-level cache of 1 MiB; the same speed up to
#: twice as much.
TILE_BYTES = 2**20
#: What a tile of `by_rows` reads: its few long calls are fastest so (measured on pooling and ReLU, from 1 to 8 MiB).
LONG_TILE_BYTES = 2**22
#: What is worth handing over to threads.
LEAST_BYTES = 2**22

#: What is done with a tile of rows, which is of a certain part.
TileWork: TypeAlias = Callable[[slice, int], None]


class _Own(threading.local):
    """The buffers of a thread."""

    def __init__(self) -> None:
        self.workspace = Workspace()


_own = _Own()


def in_tiles(bind: Callable[[Workspace, int], TileWork], rows: int, row_bytes: int) -> None:
    """Cut the rows in a part for each core, and each part in tiles; `bind` prepares the work on tiles of so many rows."""
    workers = available_cores()
    most = max(1, TILE_BYTES // row_bytes)
    parts = list(cut(rows, -(-rows // workers), workers))

    def work(part: slice) -> None:
        _own.workspace.clear()
        bound: dict[int, TileWork] = {}
        with calling_numpy():
            for tile in cut(part.stop - part.start, most, 1):
                size = tile.stop - tile.start
                if size not in bound:
                    bound[size] = bind(_own.workspace, size)
                bound[size](slice(part.start + tile.start, part.start + tile.stop), parts.index(part))

    each(work, parts, workers)


def by_rows(function: Callable[..., Array], *arrays: Array) -> Array:
    """Return function(*arrays), where each row of what comes out depends on the same row of the arrays alone."""
    if arrays[0].ndim < 2 or sum([array.nbytes for array in arrays]) < LEAST_BYTES:
        return function(*arrays)
    row_bytes = sum(array[:1].nbytes for array in arrays)
    rows, workers = len(arrays[0]), available_cores()

    def of(part: slice) -> Array:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            return function(*(array[part] for array in arrays))

    first = of(slice(1))  # one row says what shape and type come out
    y = np.empty((rows, *first.shape[1:]), first.dtype)
    y[:1] = first

    def work(part: slice) -> None:
        rest = slice(1 + part.start, 1 + part.stop)
        y[rest] = of(rest)

    each(work, list(cut(rows - 1, max(1, LONG_TILE_BYTES // row_bytes), workers)), workers)
    return y
