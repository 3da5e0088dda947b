"""Reshaping: the same numbers in another order or under another shape."""

from core.layers.reshaping_basic.identity import Identity
from core.layers.reshaping_basic.permute import Permute
from core.layers.reshaping_basic.repeat_vector import RepeatVector
from core.layers.reshaping_basic.reshape import Reshape

LAYERS = {
    layer.__name__: layer
    for layer in (
        Identity,
        Permute,
        RepeatVector,
        Reshape,
    )
}

__all__ = ["LAYERS", "Identity", "Permute", "RepeatVector", "Reshape"]
