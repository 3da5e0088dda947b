"""A network can be run in another floating-point type than it was saved in.

Two correct programs differ in float32 by their rounding, which a trained network may enlarge a hundred times. In float64
what is left of a difference of rounding is a billionth of it; a difference of meaning stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.dtypes import DTypePolicy, policy
from core.errors import InputError
from core.graph.network import Network
from core.layers.base import Layer


def floating(dtype: str) -> DTypePolicy:
    """Read a floating-point policy by its name; raises `InputError` for any other."""
    wanted = policy(dtype)
    if wanted.compute == "string" or wanted.compute_dtype.kind != "f":
        raise InputError(f"dtype must be a floating-point type, got {dtype!r}")
    return wanted


def compute_in(model: Network, wanted: DTypePolicy) -> None:
    """Let every layer that computes in floating point do so in another type; parameters assigned from now on are of it too.

    A copy that `save` writes keeps the types of the file.
    """
    for layer in _layers(model):
        if layer.dtype.compute != "string" and layer.dtype.compute_dtype.kind == "f":
            layer.dtype = wanted


def _layers(model: Network) -> Iterator[Layer]:
    """Go through all layers, the inputs of a Sequential and of the models inside included."""
    for _, layer in model.walk():
        yield layer
        if isinstance(layer, Network):
            yield from (node.layer for node in layer.nodes if node.is_input)
