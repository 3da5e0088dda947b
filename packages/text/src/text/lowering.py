"""Lowering of the layers over tokens and time: see `core.engine.lowering`."""

from __future__ import annotations

from core.engine.lower import Lower
from core.kernels.kernel import Kernel, Same
from text.kernels.recurrence import Lookup, Recur, Tokens
from text.layers.bidirectional import Bidirectional
from text.layers.embedding import Embedding
from text.layers.recurrent.rnn import RNN
from text.layers.reversible_embedding import ReversibleEmbedding
from text.layers.spatial_dropout import SpatialDropout1D


def _embedding(layer: Embedding) -> Kernel:
    """Let a recurrent layer that follows make a table of products."""
    return Lookup(Tokens(layer.embeddings, layer.check_ids, lambda ids: layer.compute_mask(ids, None)))


def _rnn(layer: RNN) -> Kernel | None:
    """Run the time steps that count in place."""
    half = layer.half()
    return None if half is None else Recur([half], layer, layer.return_sequences, layer.zero_output_for_mask)


def _bidirectional(layer: Bidirectional) -> Kernel | None:
    """Run both directions in one loop, where their cells are of one kind."""
    halves = [layer.forward_layer.half(), layer.backward_layer.half()]
    if layer.merge_mode is None or None in halves:
        return None
    kinds = {
        (type(half.cell), half.cell.recurrent.shape, getattr(half.cell, "reset_after", None)) for half in halves if half
    }
    if len(kinds) > 1:
        return None
    return Recur(halves, layer, layer.return_sequences, layer.return_sequences, layer.merge_mode)


LOWERING: dict[type, Lower] = {
    Bidirectional: _bidirectional,
    Embedding: _embedding,
    ReversibleEmbedding: _embedding,
    RNN: _rnn,
    SpatialDropout1D: lambda _: Same(),
}
