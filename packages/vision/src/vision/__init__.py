"""Convolutional networks, trained in Keras and run in NumPy.

>>> from vision import CNNFromScratch
"""

from typing import Any

from core.lazy import LazyNames

_NAMES = LazyNames(__name__, {"cnn": "CNNFromScratch"})

__all__ = ["CNNFromScratch"]


def __getattr__(name: str) -> Any:
    return _NAMES.attribute(name)
