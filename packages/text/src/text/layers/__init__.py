"""The layers over tokens and time. Those over one axis that images share too live in core and are named here again."""

from core.layers.convolution import Conv1D
from core.layers.pooling import AveragePooling1D, GlobalAveragePooling1D, GlobalMaxPooling1D, MaxPooling1D
from text.layers.bidirectional import Bidirectional
from text.layers.embedding import Embedding
from text.layers.lookup import LAYERS as LOOKUP
from text.layers.lookup import HashedCrossing, Hashing, IntegerLookup, StringLookup
from text.layers.masking import Masking
from text.layers.recurrent.gru import GRU, GRUCell
from text.layers.recurrent.lstm import LSTM, LSTMCell
from text.layers.recurrent.rnn import RNN
from text.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from text.layers.recurrent.stacked import StackedRNNCells
from text.layers.reversible_embedding import ReversibleEmbedding
from text.layers.spatial_dropout import SpatialDropout1D
from text.layers.time_distributed import TimeDistributed
from text.layers.vectorization.text_vectorization import TextVectorization

#: What this package brings to `core.load_model`, by Keras' class name.
LAYERS = {
    layer.__name__: layer
    for layer in (
        Bidirectional, Embedding, GRU, GRUCell, LSTM, LSTMCell, Masking, RNN, ReversibleEmbedding, SimpleRNN,
        SimpleRNNCell, SpatialDropout1D, StackedRNNCells, TextVectorization, TimeDistributed,
    )
} | LOOKUP  # fmt: skip

__all__ = [
    "GRU", "LAYERS", "LSTM", "RNN", "AveragePooling1D", "Bidirectional", "Conv1D", "Embedding", "GRUCell",
    "GlobalAveragePooling1D", "GlobalMaxPooling1D", "HashedCrossing", "Hashing", "IntegerLookup", "LSTMCell", "Masking",
    "MaxPooling1D", "ReversibleEmbedding", "SimpleRNN", "SimpleRNNCell", "SpatialDropout1D", "StackedRNNCells", "StringLookup",
    "TextVectorization", "TimeDistributed",
]  # fmt: skip
