"""Pooling steps: over a window, two rows or columns at a time; and over the whole image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.kernel import BoundCall, Kernel, along_row, buffered
from core.kernels.workspace import Workspace
from core.ops.windows import Window


@dataclass(frozen=True, eq=False)
class Pool(Kernel):
    """y = the largest, or the mean, of each window of a "valid" pooling: first down whole rows, then across."""

    window: Window
    largest: bool

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Join the rows under the window, then the columns."""
        join = np.maximum if self.largest else np.add
        (high, wide), (step_down, step_across) = self.window.size, self.window.strides
        image = sources[0]
        n, down, across, channels = target.shape
        rows = [image[:, k : k + (down - 1) * step_down + 1 : step_down] for k in range(high)]
        seen = rows[0]
        if high > 1:
            seen = workspace.take((n, down, image.shape[2], channels))
            yield partial(join, rows[0], rows[1], out=seen)
            for row in rows[2:]:
                yield partial(join, seen, row, out=seen)
        columns = [seen[:, :, k : k + (across - 1) * step_across + 1 : step_across] for k in range(wide)]
        if wide == 1:
            yield partial(np.copyto, target, columns[0])
        else:
            yield partial(buffered, join, columns[0], columns[1], out=target)
        for column in columns[2:]:
            yield partial(buffered, join, target, column, out=target)
        if not self.largest:
            share = along_row(np.full((), 1 / (high * wide), np.float32), target)
            yield partial(np.multiply, target, share, target)
        if high > 1:
            workspace.give_back(seen)


class Halve(Pool):
    """The largest of two rows and two columns: the pooling that a convolution can take into itself."""


class Mean(Kernel):
    """y[c] = the mean of x[p, c] over all positions p."""

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Sum each image up, divide."""
        source = sources[0]
        yield partial(np.mean, source, axis=(1, 2), keepdims=target.ndim == 4, out=target)
