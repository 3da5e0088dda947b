"""From single tokens, words or numbers, to ids: by a vocabulary, or by hashing without one."""

from text.layers.lookup.hashing import HashedCrossing, Hashing
from text.layers.lookup.integer_lookup import IntegerLookup
from text.layers.lookup.string_lookup import StringLookup

LAYERS = {layer.__name__: layer for layer in (HashedCrossing, Hashing, IntegerLookup, StringLookup)}

__all__ = ["LAYERS", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup"]
