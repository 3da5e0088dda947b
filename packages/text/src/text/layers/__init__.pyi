# Written by packages/core/tests/support/stubs.py from __init__.py.
from text.layers.bidirectional import Bidirectional as Bidirectional
from text.layers.embedding import Embedding as Embedding
from text.layers.recurrent.gru import GRU as GRU
from text.layers.recurrent.gru import GRUCell as GRUCell
from text.layers.lookup.hashing import HashedCrossing as HashedCrossing
from text.layers.lookup.hashing import Hashing as Hashing
from text.layers.lookup.integer_lookup import IntegerLookup as IntegerLookup
from text.layers.recurrent.lstm import LSTM as LSTM
from core.layers.recurrent.lstm import LSTMCell as LSTMCell
from text.layers.masking import Masking as Masking
from text.layers.recurrent.rnn import RNN as RNN
from text.layers.reversible_embedding import ReversibleEmbedding as ReversibleEmbedding
from text.layers.recurrent.simple_rnn import SimpleRNN as SimpleRNN
from text.layers.recurrent.simple_rnn import SimpleRNNCell as SimpleRNNCell
from text.layers.spatial_dropout import SpatialDropout1D as SpatialDropout1D
from text.layers.recurrent.stacked import StackedRNNCells as StackedRNNCells
from text.layers.lookup.string_lookup import StringLookup as StringLookup
from text.layers.vectorization.text_vectorization import TextVectorization as TextVectorization
from text.layers.time_distributed import TimeDistributed as TimeDistributed
from core.lazy import LazyNames

LAYERS: LazyNames
