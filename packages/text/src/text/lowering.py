"""Lowering of the layers over tokens and time: see `core.engine.lowering`.

The weights of a cell are cut in their gates, and scaled as its kernel wants them: see `text.kernels.cells`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.engine.lower import Lower
from core.kernels.kernel import Kernel
from core.layers.recurrent.gates import GatedCell
from core.layers.recurrent.lstm import LSTMCell
from core.ops.activations import sigmoid, tanh
from text.kernels.cells import FastCell, FastGRU, FastLSTM, FastSimpleRNN
from text.kernels.recurrence import Half, Lookup, Recur, Tokens
from text.layers.bidirectional import Bidirectional, merge
from text.layers.embedding import Embedding
from text.layers.recurrent.gru import GRUCell
from text.layers.recurrent.rnn import RNN
from text.layers.recurrent.simple_rnn import SimpleRNNCell
from text.layers.reversible_embedding import ReversibleEmbedding


def _embedding(layer: Embedding) -> Kernel:
    """Let a recurrent layer that follows make a table of products."""
    return Lookup(Tokens(layer.embeddings, layer.check_ids, lambda ids: layer.compute_mask(ids, None)))


def _rnn(layer: RNN) -> Kernel | None:
    """Run the time steps that count in place."""
    half = _half(layer)
    return None if half is None else Recur([half], layer, layer.return_sequences, layer.zero_output_for_mask)


def _bidirectional(layer: Bidirectional) -> Kernel | None:
    """Run both directions in one loop, where their cells are of one kind."""
    halves = [half for own in (layer.forward_layer, layer.backward_layer) if (half := _half(own)) is not None]
    kinds = {(type(half.cell), half.cell.recurrent.shape, getattr(half.cell, "reset_after", None)) for half in halves}
    if layer.merge_mode is None or len(halves) < 2 or len(kinds) > 1:
        return None
    return Recur(
        halves,
        layer,
        layer.return_sequences,
        zero_masked=layer.return_sequences,
        merge=lambda first, second: merge(layer.merge_mode, first, second)[0][0],
    )


def _half(layer: RNN) -> Half | None:
    """Return the kernel of one direction, if the cell has one and nothing is kept between calls."""
    fold = _CELLS.get(type(layer.cell))
    if fold is None or layer.cell.dtype.name != "float32" or layer.stateful or layer.return_state:
        return None
    cell = fold(layer.cell)
    return None if cell is None else Half(cell, layer.go_backwards)


# --- the weights of cells -------------------------------------------------------------------------------------------


def _simple_rnn(cell: SimpleRNNCell) -> FastCell | None:
    """Only tanh works in place."""
    if cell.activation is not tanh:
        return None
    return FastSimpleRNN(_by_gate(cell, "kernel", 1), _by_gate(cell, "recurrent_kernel", 1), _by_gate(cell, "bias", 1))


def _lstm(cell: LSTMCell) -> FastCell | None:
    """Put the sigmoids side by side, i, f, o, c, and halve their weights; the state will be 2 h."""
    if (cell.activation, cell.recurrent_activation) != (tanh, sigmoid):
        return None
    order = [0, 1, 3, 2]
    kernel, bias = (_by_gate(cell, name, 0.5, 0.5, 1, 0.5)[order] for name in ("kernel", "bias"))
    recurrent = _by_gate(cell, "recurrent_kernel", 0.25, 0.25, 0.5, 0.25)[order]
    return FastLSTM(kernel, recurrent, bias, output_scale=0.5)


def _gru(cell: GRUCell) -> FastCell | None:
    """Halve the weights of the sigmoids, and those that will meet 2 r."""
    if (cell.activation, cell.recurrent_activation) != (tanh, sigmoid):
        return None
    kernel = _by_gate(cell, "kernel", 0.5, 0.5, 1)
    recurrent = _by_gate(cell, "recurrent_kernel", 0.5, 0.5, 0.5)
    bias, inner = _by_gate(cell, "bias", 0.5, 0.5, 1), None
    if cell.reset_after and cell.use_bias:  # (gates, 2, units): of the input, and of the state
        inner = bias[2, 1] / 2
        bias = np.stack([bias[0].sum(axis=0), bias[1].sum(axis=0), bias[2, 0]])
    return FastGRU(kernel, recurrent, bias, reset_after=cell.reset_after, inner=inner)


def _by_gate(cell: GatedCell, name: str, *scales: float) -> Array:
    """Cut a parameter in its gates, (gates, ..., units), each times its own of the `scales`; zeros for a missing bias."""
    missing = name == "bias" and not cell.use_bias
    value = np.zeros(cell.gate_count * cell.units, np.float32) if missing else getattr(cell, name)
    parts = zip(np.split(value, cell.gate_count, axis=-1), scales, strict=True)
    return np.stack([part * np.float32(scale) for part, scale in parts])


#: Folds the weights of a cell, or returns None where its options have no kernel.
_CELLS: dict[type, Callable[..., FastCell | None]] = {GRUCell: _gru, LSTMCell: _lstm, SimpleRNNCell: _simple_rnn}

LOWERING: dict[type, Lower] = {
    Bidirectional: _bidirectional,
    Embedding: _embedding,
    ReversibleEmbedding: _embedding,
    RNN: _rnn,
}
