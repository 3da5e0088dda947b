"""Attention: each place of a sequence looks at the others, and takes from each as much as the two agree."""

from core.layers.attention.additive import AdditiveAttention
from core.layers.attention.dot_product import Attention
from core.layers.attention.grouped import GroupQueryAttention
from core.layers.attention.multi_head import MultiHeadAttention

# The class is called GroupedQueryAttention in Keras' source, and GroupQueryAttention by its users.
LAYERS = {layer.__name__: layer for layer in (AdditiveAttention, Attention, GroupQueryAttention, MultiHeadAttention)}
LAYERS["GroupedQueryAttention"] = GroupQueryAttention

__all__ = ["LAYERS", "AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention"]
