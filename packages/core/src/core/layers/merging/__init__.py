"""Merging: one tensor out of several, element by element, side by side, or as products."""

from core.layers.merging.concatenate import Concatenate
from core.layers.merging.dot import Dot
from core.layers.merging.elementwise import Add, Average, Maximum, Minimum, Multiply, Subtract

LAYERS = {
    layer.__name__: layer
    for layer in (
        Add,
        Average,
        Concatenate,
        Dot,
        Maximum,
        Minimum,
        Multiply,
        Subtract,
    )
}

__all__ = ["LAYERS", "Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"]
