"""Preprocessing: what turns raw numbers, categories and words into what a network computes with."""

from core.layers.preprocessing.normalization import Normalization

LAYERS = {layer.__name__: layer for layer in (Normalization,)}

__all__ = ["LAYERS", "Normalization"]
