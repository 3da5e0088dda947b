"""Attention along any axes: positions that attend become the rows of matrices, and go back to their axes afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.activations import masked_softmax, softmax_gradient

#: From the gradients of what was mixed, and of the weights where they were asked for, to those of query, key and value.
AttendBackward: TypeAlias = Callable[[Array, "Array | None"], tuple[Array, Array, Array]]


@dataclass(frozen=True)
class Along:
    """Arrays (batch, ..., heads, size) of `rank` axes, of which `axes` attend to each other; the others are free."""

    axes: tuple[int, ...]
    rank: int

    @property
    def order(self) -> list[int]:
        """The axes in the order batch, free ones, heads, those that attend, size."""
        return [*(axis for axis in range(self.rank - 1) if axis not in self.axes), *self.axes, self.rank - 1]

    def attend(
        self, query: Array, key: Array, value: Array, visible: Array | None, drop: Callable[[Array], tuple[Array, Any]]
    ) -> tuple[Array, Array, AttendBackward]:
        """y = drop(weights) . value, weights = softmax(query . key) (batch, free axes, heads, Tq..., Tv...).

        `visible` (batch, Tq..., Tv...). d value = weights^T @ dy, d logits from d weights = dy @ value^T, d query = d logits @
        key, d key likewise.
        """
        rows, columns, contents = (self.matrices(part) for part in (query, key, value))
        logits = rows @ np.swapaxes(columns, -1, -2)
        mask = None if visible is None else self.spread(visible, logits.shape)
        weights = masked_softmax(logits, (logits.ndim - 1,), mask)
        kept, drop_backward = drop(weights)
        lengths, others = self.lengths(query), self.lengths(key)

        def backward(dy: Array, d_given: Array | None) -> tuple[Array, Array, Array]:
            d_mixed = self.matrices(dy)
            d_weights, _ = drop_backward(d_mixed @ np.swapaxes(contents, -1, -2))
            d_weights = d_weights if d_given is None else d_weights + d_given.reshape(weights.shape)
            d_logits = softmax_gradient(d_weights, weights)
            d_query = self.from_matrices(d_logits @ columns, lengths)
            d_key = self.from_matrices(np.swapaxes(d_logits, -1, -2) @ rows, others)
            return d_query, d_key, self.from_matrices(np.swapaxes(kept, -1, -2) @ d_mixed, others)

        y = self.from_matrices(kept @ contents, lengths)
        return y, weights.reshape(*weights.shape[:-2], *lengths, *others), backward

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
