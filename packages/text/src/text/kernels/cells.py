"""The cells of recurrent networks in place: one time step is a handful of NumPy calls on buffers that are used again.

All gates lie in one array, (gates, directions, batch, units), so that one call serves them all, and both directions of a
Bidirectional. A sigmoid is a tanh of half the argument, ``sigma(a) = (1 + tanh(a / 2)) / 2``: with the weights of its
gates halved beforehand, one tanh over the whole array activates everything. Factors of two are exact, so they wander
into the weights wherever that spares a call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from core.arrays import Array

#: One time step: takes W x + b of all gates, (gates, directions, batch, units), and changes the state.
Advance: TypeAlias = Callable[[Array], None]


@dataclass(frozen=True)
class FastCell:
    """The weights of a cell by gate, as its step wants them: (gates, inputs, units), (gates, units, units), (gates, units).

    `output_scale` times the state is the output.
    """

    kernel: Array
    recurrent: Array
    bias: Array
    output_scale: float = 1.0

    @property
    def gates(self) -> int:
        """The number of gates."""
        return len(self.recurrent)

    def begin(self, recurrent: Array, state: Array, cell: Array) -> Advance:
        """Bind a step to its arrays: weights (gates, directions, units, units), state and cell (directions, n, units)."""
        raise NotImplementedError


class FastSimpleRNN(FastCell):
    """h = tanh(x + U h)."""

    def begin(self, recurrent: Array, state: Array, cell: Array) -> Advance:
        """One gate, which is the new state."""
        z = np.empty((1, *state.shape), np.float32)

        def advance(x: Array) -> None:
            np.matmul(state, recurrent, z)
            np.add(z, x, z)
            np.tanh(z[0], state)

        return advance


class FastLSTM(FastCell):
    """Gates i, f, o, c, the first three halved; the state is 2 h, so the recurrent weights are halved once more."""

    def begin(self, recurrent: Array, state: Array, cell: Array) -> Advance:
        """c = f * c + i * g, h = o * tanh(c), with 2i, 2f and 2o at hand."""
        z = np.empty((4, *state.shape), np.float32)
        sigmoids, (i, f, o, g) = z[:3], z
        read = np.empty_like(state)
        one, half = np.float32(1), np.float32(0.5)

        def advance(x: Array) -> None:
            np.matmul(state, recurrent, z)
            np.add(z, x, z)
            np.tanh(z, z)
            np.add(sigmoids, one, sigmoids)
            np.multiply(cell, f, cell)
            np.multiply(i, g, i)
            np.add(cell, i, cell)
            np.multiply(cell, half, cell)
            np.tanh(cell, read)
            np.multiply(read, o, state)

        return advance


@dataclass(frozen=True)
class FastGRU(FastCell):
    """Gates z, r, h, the first two halved; with `reset_after` also U_h and its bias `inner`, as they meet 2r."""

    reset_after: bool = True
    inner: Array | None = None  # (units,): added to U_h h

    def begin(self, recurrent: Array, state: Array, cell: Array) -> Advance:
        """h = z * h + (1 - z) * g, written g + z * (h - g)."""
        w = np.empty((3, *state.shape), np.float32)
        sigmoids, (z, r, g) = w[:2], w
        one, half = np.float32(1), np.float32(0.5)
        gates, candidate = recurrent[:2], recurrent[2]
        reset = np.empty_like(state)
        inner = None if self.inner is None else cell

        def advance(x: Array) -> None:
            if self.reset_after:
                np.matmul(state, recurrent, w)
                if inner is not None:
                    np.add(g, inner, g)
            else:
                np.matmul(state, gates, sigmoids)
            np.add(sigmoids, x[:2], sigmoids)
            np.tanh(sigmoids, sigmoids)
            np.add(sigmoids, one, sigmoids)
            if self.reset_after:
                np.multiply(g, r, g)
            else:
                np.multiply(r, state, reset)
                np.matmul(reset, candidate, g)
            np.add(g, x[2], g)
            np.tanh(g, g)
            np.subtract(state, g, state)
            np.multiply(state, z, state)
            np.multiply(state, half, state)
            np.add(state, g, state)

        return advance
