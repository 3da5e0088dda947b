"""Whether the rows of a batch are independent: only then may they be cut in tiles as one likes.

A layer or an operation keeps rows apart if row i of its output is a function of row i of its inputs alone, whatever stands
in the other rows and however many there are. What is not known to keep them apart counts as mixing them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Shape
from core.graph.forward import training_of
from core.graph.nodes import Node, refs
from core.keras_ops.operation import Operation
from core.layers.base import Layer
from core.layers.registry import is_catalogued
from core.nests import leaves

if TYPE_CHECKING:
    from core.models.model import Model


def rows_are_independent(model: Model) -> bool:
    """Return whether no row of a prediction depends on another row, on how many there are, or on earlier batches."""
    if any(not model.shapes.get(ref) for ref in refs(model.outputs)):
        return False  # not built, or a number that has no rows
    return not any(_mixes(node, model) for node in model.nodes if not node.is_input)


def _mixes(node: Node, model: Model) -> bool:
    """Return whether one node mixes the rows of its inputs."""
    layer = node.layer
    if training_of(node, {"training": False}) and ("training" in layer.call_arguments or layer.finds_masks):
        return True  # it trains while it predicts, as Keras 2 may record it: by the moments of the batch, say
    if isinstance(layer, Operation):
        return not type(layer).keeps_rows(layer.called(node.args, node.kwargs, model.shapes))
    if any(isinstance(leaf, np.ndarray) and leaf.ndim for leaf in leaves([*node.args, *node.kwargs.values()])):
        return True  # a constant beside the rows has rows of its own
    shapes = [model.shapes.get(ref, ()) for ref in refs(node.args, node.kwargs)]
    return _layer_mixes(layer, shapes)


def _layer_mixes(layer: Layer, shapes: list[Shape]) -> bool:
    """Return whether a layer, or one inside it, mixes rows."""
    if layer.finds_masks:
        model: Model = layer  # type: ignore[assignment]
        return not rows_are_independent(model)
    if not is_catalogued(type(layer)) and type(layer).mixes_rows is Layer.mixes_rows:
        return True  # a user's own layer that does not say
    return layer.mixes_rows(*shapes) or any(_layer_mixes(child, []) for child in layer.children.values())
