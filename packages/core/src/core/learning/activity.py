"""Activity regularizers add to the loss what large outputs cost: (l1 * sum |y| + l2 * sum y^2) / batch, for each call of a layer.

Source: https://keras.io/api/layers/regularizers/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.graph.network import Network
from core.layers.attention.heads import HeadedAttention
from core.layers.base import Layer
from core.layers.regularization.activity import ActivityRegularization
from core.learning.regularizers import Strengths, strengths_of
from core.nests import map_nest


class Activities:
    """The layers whose outputs cost something; `charge` adds up the cost of one pass in `total`.

    Raises `UnsupportedLayerError` for another regularizer than l1 and l2, and for a layer inside another that is not a model,
    whose outputs are not seen from outside.
    """

    def __init__(self, model: Network) -> None:
        self.total = 0.0
        self.strengths: dict[Layer, Strengths] = {}
        for layer in _at_nodes(model):
            found = _strengths(layer)
            if found is not None and isinstance(layer, HeadedAttention):
                raise UnsupportedLayerError(
                    f"{layer}: activity_regularizer counts for each of its projections in Keras, which is not supported; "
                    "put an ActivityRegularization layer behind it"
                )
            if found is not None:
                self.strengths[layer] = found
        for _, layer in model.walk():
            if layer not in self.strengths and _strengths(layer) is not None:
                raise UnsupportedLayerError(
                    f"{layer}: activity_regularizer is not supported inside another layer; give it to the layer around it"
                )

    def __bool__(self) -> bool:
        return bool(self.strengths)

    def __contains__(self, layer: object) -> bool:
        return layer in self.strengths

    def charge(self, layer: Layer, outputs: Any) -> Any:
        """Add the cost of what a layer gave, and give its gradient: (l1 * sign(y) + 2 * l2 * y) / batch."""
        l1, l2 = self.strengths[layer]

        def gradient(y: Array) -> Array:
            batch = len(y) if y.ndim else 1
            self.total += (l1 * float(np.sum(np.abs(y))) + l2 * float(np.sum(np.square(y)))) / max(batch, 1)
            return ((l1 * np.sign(y) + 2 * l2 * y) / max(batch, 1)).astype(y.dtype, copy=False)

        return map_nest(gradient, outputs)


def _strengths(layer: Layer) -> Strengths | None:
    if isinstance(layer, ActivityRegularization):
        return layer.l1, layer.l2
    return strengths_of(layer.config.get("activity_regularizer"), f"the activity of {layer}")


def _at_nodes(model: Network) -> Iterator[Layer]:
    """Go through the layers that a graph applies, those of the graphs inside included."""
    for node in model.nodes:
        if isinstance(node.layer, Network):
            yield from _at_nodes(node.layer)
        else:
            yield node.layer
