"""The layers over tokens and time: vocabularies, embeddings, recurrent cells and the loops around them."""

from typing import Any

from core.lazy import LazyNames

#: What this package brings to `core.load_model`, by Keras' class name: a row for each file with layers.
LAYERS = LazyNames(
    __name__,
    {
        "bidirectional": "Bidirectional",
        "embedding": "Embedding",
        "lookup.hashing": "HashedCrossing Hashing",
        "lookup.integer_lookup": "IntegerLookup",
        "lookup.string_lookup": "StringLookup",
        "masking": "Masking",
        "recurrent.gru": "GRU GRUCell",
        "recurrent.lstm": "LSTM LSTMCell",
        "recurrent.rnn": "RNN",
        "recurrent.simple_rnn": "SimpleRNN SimpleRNNCell",
        "recurrent.stacked": "StackedRNNCells",
        "reversible_embedding": "ReversibleEmbedding",
        "spatial_dropout": "SpatialDropout1D",
        "time_distributed": "TimeDistributed",
        "vectorization.text_vectorization": "TextVectorization",
    },
)

__all__ = ["LAYERS", *LAYERS]  # noqa: PLE0604  # names of the table are strings


def __getattr__(name: str) -> Any:
    return LAYERS.attribute(name)
