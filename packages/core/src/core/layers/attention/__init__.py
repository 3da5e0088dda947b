"""Attention: each place of a sequence looks at the others, and takes from each as much as the two agree."""

from core.layers.attention.additive import AdditiveAttention
from core.layers.attention.dot_product import Attention
from core.layers.attention.grouped import GroupedQueryAttention
from core.layers.attention.multi_head import MultiHeadAttention

LAYERS = {layer.__name__: layer for layer in (AdditiveAttention, Attention, GroupedQueryAttention, MultiHeadAttention)}
# Keras' users call it by this name, its files by that of the class.
LAYERS["GroupQueryAttention"] = GroupedQueryAttention

__all__ = ["LAYERS", "AdditiveAttention", "Attention", "GroupedQueryAttention", "MultiHeadAttention"]
