"""The network up to its logits: where the last layer ends in a softmax or sigmoid, a crossentropy is better taken before.

There nothing can underflow and the gradient is p - y. Keras does the same behind the scenes, so its curve is that of this
loss. The network of logits shares every parameter with the whole one; only the last activation is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from typing import Any

from core import activations
from core.arrays import Array
from core.gradients import Gradients, join
from core.graph import Node, Ref
from core.layer import Layer
from core.layers.activation import Activation
from core.layers.activations.softmax import Softmax
from core.model import Model

#: Functions before which there are logits.
_CLOSING = (activations.softmax, activations.sigmoid)


class Logits:
    """The network without its last activation, `model`, and that `activation`; itself and none where there is no such one."""

    def __init__(self, model: Model) -> None:
        self.model, self.activation, self._copies = _opened(model) or (model, activations.linear, {})

    @property
    def are_there(self) -> bool:
        """Whether the network ends in a softmax or sigmoid."""
        return bool(self._copies)

    def of_originals(self, gradients: Gradients) -> Gradients:
        """Name the gradients of a copied layer by the layer it was copied from."""
        found: Gradients = {}
        for (layer, name), gradient in gradients.items():
            found = join(found, {(self._copies.get(layer, layer), name): gradient})
        return found


def _opened(model: Model) -> tuple[Model, Callable[[Array], Array], dict[Layer, Layer]] | None:
    if not isinstance(model.outputs, Ref):
        return None
    last = model.nodes[model.outputs.node]
    if isinstance(last.layer, Model):
        inner = _opened(last.layer)
        if inner is None:
            return None
        opened, activation, copies = inner
        return _with_last(model, replace(last, layer=opened)), activation, copies
    function = activations.softmax if _is_plain_softmax(last) else getattr(last.layer, "activation", None)
    if function not in _CLOSING or hasattr(last.layer, "cell"):
        return None
    if last.layer.config.get("activity_regularizer") is not None:  # it looks at the probabilities
        return None
    linear: Any = copy(last.layer)
    linear.activation = activations.linear
    if isinstance(last.layer, Softmax):
        linear = Activation("linear", name=last.layer.name, dtype=last.layer.dtype)
    return _with_last(model, replace(last, layer=linear)), function, {linear: last.layer}


def _is_plain_softmax(node: Node) -> bool:
    return (
        isinstance(node.layer, Softmax) and node.layer.axis == -1 and "mask" not in node.kwargs and len(node.args) == 1
    )


def _with_last(model: Model, last: Node) -> Model:
    opened = copy(model)
    place = opened.outputs.node
    opened.nodes = (*model.nodes[:place], last, *model.nodes[place + 1 :])
    return opened
