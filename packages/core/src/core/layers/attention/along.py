"""Attention along any axes: positions that attend become the rows of matrices, and go back to their axes afterwards."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import Array
from core.errors import InputError


@dataclass(frozen=True)
class Along:
    """Arrays (batch, ..., heads, size) of `rank` axes, of which `axes` attend to each other; the others are free."""

    axes: tuple[int, ...]
    rank: int

    @property
    def order(self) -> list[int]:
        """The axes in the order batch, free ones, heads, those that attend, size."""
        return [*(axis for axis in range(self.rank - 1) if axis not in self.axes), *self.axes, self.rank - 1]

    def lengths(self, x: Array) -> list[int]:
        """Return the sizes of the axes that attend."""
        return [x.shape[axis] for axis in self.axes]

    def matrices(self, x: Array) -> Array:
        """(batch, ..., heads, size) -> (batch, free axes, heads, positions, size)."""
        laid = x.transpose(self.order)
        return laid.reshape(*laid.shape[: -1 - len(self.axes)], -1, laid.shape[-1])

    def from_matrices(self, matrices: Array, lengths: list[int]) -> Array:
        """(batch, free axes, heads, positions, size) -> (batch, ..., heads, size): the inverse of `matrices`."""
        return matrices.reshape(*matrices.shape[:-2], *lengths, matrices.shape[-1]).transpose(np.argsort(self.order))

    def spread(self, visible: Array, logits: tuple[int, ...]) -> Array:
        """Repeat a mask (batch, Tq..., Tv...) to the matrices of logits, (batch, free axes, heads, Tq, Tv)."""
        first = visible.ndim - 2 * len(self.axes)
        if first < 0:
            raise InputError(f"attention needs a mask with the attended axes twice, got the shape {visible.shape}")
        free = np.expand_dims(visible, tuple(range(first, first + len(logits) - 2 - first)))
        rows = free.shape[len(logits) - 2 :][: len(self.axes)]
        columns = free.shape[len(logits) - 2 :][len(self.axes) :]
        flat = free.reshape(*free.shape[: len(logits) - 2], int(np.prod(rows)), int(np.prod(columns)))
        return np.broadcast_to(flat, logits)
