"""Recurrent networks over text, trained in Keras and run in NumPy.

>>> from text import LSTMFromScratch, RNNFromScratch
"""

from text.rnn import LSTMFromScratch, RNNFromScratch

__all__ = ["LSTMFromScratch", "RNNFromScratch"]
