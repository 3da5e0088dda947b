"""Pooling for any number of axes, and its one-dimensional forms; `vision.layers` holds those over images."""

from core.layers.pooling.adaptive import AdaptiveAveragePooling, AdaptiveMaxPooling
from core.layers.pooling.global_pooling import GlobalAveragePooling, GlobalMaxPooling
from core.layers.pooling.one_dimensional import (
    AdaptiveAveragePooling1D,
    AdaptiveMaxPooling1D,
    AveragePooling1D,
    GlobalAveragePooling1D,
    GlobalMaxPooling1D,
    MaxPooling1D,
)
from core.layers.pooling.window_pooling import AveragePooling, MaxPooling

LAYERS = {
    layer.__name__: layer
    for layer in (
        AdaptiveAveragePooling1D, AdaptiveMaxPooling1D, AveragePooling1D, GlobalAveragePooling1D, GlobalMaxPooling1D,
        MaxPooling1D,
    )
}  # fmt: skip

__all__ = [
    "LAYERS",
    "AdaptiveAveragePooling",
    "AdaptiveAveragePooling1D",
    "AdaptiveMaxPooling",
    "AdaptiveMaxPooling1D",
    "AveragePooling",
    "AveragePooling1D",
    "GlobalAveragePooling",
    "GlobalAveragePooling1D",
    "GlobalMaxPooling",
    "GlobalMaxPooling1D",
    "MaxPooling",
    "MaxPooling1D",
]
