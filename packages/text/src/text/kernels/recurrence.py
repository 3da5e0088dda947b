"""A recurrent layer, in one direction or both, as one loop over the steps that count.

What the input contributes to the gates, W x + b, is computed before the loop: one product for all times, or, for
token ids, one table for all tokens, made once. The loop then only picks rows, which is why any order of time is as fast.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.engine.program import OtherTensorError
from core.errors import InputError
from core.kernels.kernel import Kernel, Routine, Same
from core.layers.base import Layer
from core.layers.recurrent.rnn import check_mask
from text.kernels.cells import FastCell, FastGRU
from text.kernels.order import Order

#: Ids of tokens, checked, from what came in.
Ids: TypeAlias = Callable[[Array], Array]

#: The largest table of products that is made once for all tokens.
TABLE_BYTES = 64 * 2**20
#: Rows that are worth a thread (measured with 64 units): with fewer, its calls take a few microseconds each,
#: and handing Python's lock over takes as long.
LEAST_ROWS = 100
#: What the rows that are picked at once for several steps may take.
PICKED_BYTES = 128 * 2**10


@dataclass(frozen=True)
class Tokens:
    """Where the inputs are token ids: the table of embeddings, how ids are checked, and which of them count."""

    embeddings: Array
    ids: Ids
    mask: Callable[[Array], Array | None]


class Lookup(Routine):
    """An embedding: a recurrent layer that follows makes its table of products from it."""

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens

    def fuse(self, following: Kernel) -> Kernel | None:
        """Hand the tokens over."""
        if isinstance(following, Same):
            return self
        return following.reading(self.tokens) if isinstance(following, Recur) else None

    def run(self, x: Array, mask: Array | None) -> Array:
        """Look up every id."""
        return self.tokens.embeddings[self.tokens.ids(x)]


@dataclass(frozen=True)
class Half:
    """One direction."""

    cell: FastCell
    backwards: bool


class Recur(Routine):
    """y = the outputs of one or two directions over the times of x (batch, time, inputs), or of ids (batch, time)."""

    def __init__(
        self,
        halves: list[Half],
        layer: Layer,
        sequences: bool,
        zero_masked: bool,
        merge: Callable[[Array, Array], Array] | None = None,
        tokens: Tokens | None = None,
    ) -> None:
        self.halves = halves
        self.layer = layer
        self.sequences = sequences
        self.zero_masked = zero_masked
        self.merge = merge
        self.tokens = tokens
        cells = [half.cell for half in halves]
        self.kernel, self.recurrent, self.bias = (
            np.stack([getattr(cell, name) for cell in cells], axis=1) for name in ("kernel", "recurrent", "bias")
        )  # each with the directions behind the gates
        self.gates, self.directions, self.units, _ = self.recurrent.shape
        self.least_rows = LEAST_ROWS
        self.table = None
        if tokens is not None and len(tokens.embeddings) * self.bias.nbytes <= TABLE_BYTES:
            self.table = self._products(tokens.embeddings)

    def fuse(self, following: Kernel) -> Kernel | None:
        """Stay alone, but for what does nothing."""
        return self if isinstance(following, Same) else None

    def reading(self, tokens: Tokens) -> Recur:
        """Return the same for token ids."""
        return Recur(self.halves, self.layer, self.sequences, self.zero_masked, self.merge, tokens)

    def run(self, x: Array, mask: Array | None) -> Array:
        """Run all steps."""
        batch, length = x.shape[:2]
        if not length:
            raise InputError(f"{self.layer} needs at least one time step, got an input of shape {x.shape}")
        mask = check_mask(mask, x, self.layer)
        if self.tokens is None:
            if x.dtype != np.float32:
                raise OtherTensorError
            self.layer.check_input(x)
            table, rows = self._products(x.reshape(-1, x.shape[-1])), np.arange(batch * length).reshape(batch, length)
        else:
            mask = self.tokens.mask(x) if mask is None else mask
            rows = self.tokens.ids(x)
            if self.table is not None:
                table = self.table
            else:
                table = self._products(self.tokens.embeddings[rows.ravel()])
                rows = np.arange(rows.size).reshape(rows.shape)
            rows = rows % (len(table) // (self.gates * self.directions))  # -1 is the last row
        order = Order.of(batch, length, mask if mask is None or not mask.all() else None)
        state, steps = self._loop(table, rows[order.rows], order)
        return self._sequences(steps, order, length) if self.sequences else self._last(state, order)

    def _products(self, x: Array) -> Array:
        """W x + b for every row of x, gate by gate: (gates * directions * rows, units)."""
        products = np.matmul(x, self.kernel)
        products += self.bias[:, :, None]
        return products.reshape(-1, self.units)

    def _loop(self, table: Array, rows: Array, order: Order) -> tuple[Array, Array]:
        """Advance step by step; give the last state and, for sequences, that of every step (steps, directions, batch, units)."""
        batch = len(rows)
        blocks = len(table) // (self.gates * self.directions) * np.arange(self.gates * self.directions)
        blocks = blocks.reshape(self.gates, self.directions, 1)
        picks = np.stack(
            [np.take_along_axis(rows.T, order.steps(half.backwards), axis=0) for half in self.halves], axis=1
        )
        state = np.zeros((self.directions, batch, self.units), np.float32)
        second = self._second(batch)
        steps = np.zeros((len(picks) if self.sequences else 0, *state.shape), np.float32)
        at_once = max(1, PICKED_BYTES // (self.gates * state.nbytes or 1))
        picked = np.empty((at_once, self.gates, *state.shape), np.float32).ravel()
        for stretch, n in order.active():
            advance = self.halves[0].cell.begin(self.recurrent, state[:, :n], second[:, :n])
            for start in range(stretch.start, stretch.stop, at_once):
                index = picks[start : min(start + at_once, stretch.stop), None, :, :n] + blocks
                inputs = picked[: index.size * self.units].reshape(*index.shape, self.units)
                table.take(index, axis=0, out=inputs, mode="clip")  # checked before; "raise" would copy once more
                for step, x in enumerate(inputs, start):
                    advance(x)
                    if self.sequences:
                        steps[step, :, :n] = state[:, :n]
        scale = np.float32(self.halves[0].cell.output_scale)
        return state * scale, steps * scale if self.sequences and scale != 1 else steps

    def _second(self, batch: int) -> Array:
        """The second array of a cell: an LSTM's cell state, or what a GRU adds inside, repeated for every row."""
        second = np.zeros((self.directions, batch, self.units), np.float32)
        for direction, half in enumerate(self.halves):
            if isinstance(half.cell, FastGRU) and half.cell.inner is not None:
                second[direction] = half.cell.inner
        return second

    def _last(self, state: Array, order: Order) -> Array:
        """Put the rows in their place: (batch, units of all directions)."""
        output = np.empty_like(state)
        output[:, order.rows] = state
        if self.zero_masked and order.mask is not None:
            for half, part in zip(self.halves, output, strict=True):
                part[~order.mask[:, 0 if half.backwards else -1]] = 0
        return self._join(list(output))

    def _sequences(self, steps: Array, order: Order, length: int) -> Array:
        """Return the output at every time, in the order of time, (batch, time, units of all directions)."""
        parts = []
        for direction, half in enumerate(self.halves):
            ours = steps[:, direction]
            if order.mask is None:
                part = ours.transpose(1, 0, 2)
                part = part[:, ::-1] if half.backwards else part
            else:
                step = order.step_of_time(half.backwards)
                part = np.zeros((*step.shape, self.units), np.float32)
                shown = (step >= 0) & (order.mask[order.rows] if self.zero_masked else True)
                row = np.broadcast_to(np.arange(len(step))[:, None], step.shape)
                part[shown] = ours[step[shown], row[shown]]
                ordered = np.empty_like(part)
                ordered[order.rows] = part
                part = ordered
            alone_backwards = (
                half.backwards and self.directions == 1
            )  # its outputs come in the order they were computed
            parts.append(part[:, ::-1] if alone_backwards else part)
        return self._join(parts)

    def _join(self, parts: list[Array]) -> Array:
        """Merge both directions."""
        return np.ascontiguousarray(parts[0]) if self.merge is None else self.merge(*parts)
