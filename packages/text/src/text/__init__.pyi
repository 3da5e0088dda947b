# Written by packages/core/tests/support/stubs.py from __init__.py.
from text.rnn import LSTMFromScratch as LSTMFromScratch
from text.rnn import RNNFromScratch as RNNFromScratch
from core.lazy import LazyNames
