"""Preprocessing: what turns raw numbers, categories and words into what a network computes with."""

from core.layers.preprocessing.category_encoding import CategoryEncoding
from core.layers.preprocessing.discretization import Discretization
from core.layers.preprocessing.normalization import Normalization

LAYERS = {layer.__name__: layer for layer in (CategoryEncoding, Discretization, Normalization)}

__all__ = ["LAYERS", "CategoryEncoding", "Discretization", "Normalization"]
