"""Recurrent networks over text, trained in Keras and run in NumPy.

>>> from text import LSTMFromScratch, RNNFromScratch
"""

from typing import Any

from core.lazy import LazyNames

_NAMES = LazyNames(__name__, {"rnn": "LSTMFromScratch RNNFromScratch"})

__all__ = ["LSTMFromScratch", "RNNFromScratch"]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(name)
