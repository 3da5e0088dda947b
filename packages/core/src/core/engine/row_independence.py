"""Whether the rows of a batch are independent: only then may they be cut in tiles as one likes.

A layer or an operation keeps rows apart if row i of its output is a function of row i of its inputs alone, whatever stands
in the other rows and however many there are. What is not known to keep them apart counts as mixing them.
"""

from __future__ import annotations

from core.graph.forward import training_of
from core.graph.network import Network
from core.graph.nodes import Node, refs
from core.layers.base import Layer
from core.layers.registry import is_catalogued


def rows_are_independent(model: Network) -> bool:
    """Return whether no row of a prediction depends on another row, on how many there are, or on earlier batches."""
    if any(not model.shapes.get(ref) for ref in refs(model.outputs)):
        return False  # not built, or a number that has no rows
    return not any(_mixes(node, model) for node in model.nodes if not node.is_input)


def _mixes(node: Node, model: Network) -> bool:
    """Return whether one node mixes the rows of its inputs."""
    layer = node.layer
    if training_of(node, False) and ("training" in layer.call_arguments or isinstance(layer, Network)):
        return True  # it trains while it predicts, as a call may record it: by the moments of the batch, say
    return layer.call_mixes_rows(*model.symbols(node)) or _mixes_inside(layer)


def _mixes_inside(layer: Layer) -> bool:
    """Return whether something inside a layer mixes rows."""
    if isinstance(layer, Network):
        return not rows_are_independent(layer)
    if not is_catalogued(type(layer)) and type(layer).mixes_rows is Layer.mixes_rows:
        return True  # a user's own layer that does not say
    return any(child.mixes_rows() or _mixes_inside(child) for child in layer.children.values())
