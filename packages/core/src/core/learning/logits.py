"""The network up to its logits: where it ends in a softmax or sigmoid, a crossentropy is better taken before.

There nothing can underflow and the gradient is p - y. Keras does the same behind the scenes, so its curve is that of this
loss. The network of logits shares every parameter with the whole one; only the last activation is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from copy import copy
from dataclasses import replace
from typing import Any

from core.arrays import Array
from core.graph.network import Network
from core.graph.nodes import Node, Ref, refs
from core.layers.activations.activation import Activation
from core.layers.activations.softmax import Softmax
from core.layers.base import Layer
from core.layers.gradients import Gradients, join
from core.nests import map_nest
from core.ops import activations

#: Functions before which there are logits.
_CLOSING = (activations.softmax, activations.sigmoid)
Closing = Callable[[Array], Array]


class Logits:
    """The network without the activation at the end of some outputs, `model`; `activations` has it for each output or None.

    `wanted` says for each output, in the order of the leaves, whether it is better taken before its activation.
    """

    def __init__(self, model: Network, wanted: Iterable[bool]) -> None:
        opened = _Opened(model, {index for index, one in enumerate(wanted) if one})
        self.model = opened.model if opened.closing else model
        self.activations = [opened.closing.get(index) for index, _ in enumerate(refs(model.outputs))]
        self._copies = opened.copies

    def of_originals(self, gradients: Gradients) -> Gradients:
        """Name the gradients of a copied layer by the layer it was copied from."""
        if not self._copies:
            return gradients
        found: Gradients = {}
        for (layer, name), gradient in gradients.items():
            found = join(found, {(self._copies.get(layer, layer), name): gradient})
        return found


class _Opened:
    """A graph in which the last activation of the outputs `wanted` is left out, where there is one."""

    def __init__(self, model: Network, wanted: set[int]) -> None:
        self.closing: dict[int, Closing] = {}
        self.copies: dict[Layer, Layer] = {}
        self._done: dict[Ref, tuple[Closing, Ref]] = {}
        self._nodes = list(model.nodes)
        outputs = list(refs(model.outputs))
        self._used = set(refs(*((node.args, node.kwargs) for node in model.nodes)))
        self._used |= {ref for index, ref in enumerate(outputs) if index not in wanted}
        for position in sorted({outputs[index].node for index in wanted}):
            ends = [index for index in wanted if outputs[index].node == position]
            if isinstance(model.nodes[position].layer, Network):
                self._open_model(position, {index: outputs[index] for index in ends})
            else:
                for index in ends:
                    outputs[index] = self._open_layer(position, index, outputs[index])
        self.model = copy(model)
        self.model.nodes = tuple(self._nodes)
        order = iter(outputs)
        structure = model.outputs
        if isinstance(structure, dict):
            structure = {key: structure[key] for key in sorted(structure)}  # in the order of the leaves
        self.model.outputs = map_nest(lambda _: next(order), structure)

    def _open_model(self, position: int, ends: dict[int, Ref]) -> None:
        """Open a model inside where nothing else takes its outputs; it would have to run twice."""
        if any(ref in self._used for ref in ends.values()):
            return
        node = self._nodes[position]
        inner: Any = node.layer
        opened = _Opened(inner, {ref.output for ref in ends.values()})
        found = {index: opened.closing[ref.output] for index, ref in ends.items() if ref.output in opened.closing}
        if found:
            self._nodes[position] = replace(node, layer=opened.model)
            self.closing |= found
            self.copies |= opened.copies

    def _open_layer(self, position: int, index: int, ref: Ref) -> Ref:
        if ref not in self._done:
            node = self._nodes[position]
            closing = _closing(node)
            if closing is None:
                return ref
            opened, found = replace(node, layer=_without_activation(node.layer)), ref
            self.copies[opened.layer] = node.layer
            if ref in self._used:  # others take it as it is: the open one stands beside it
                self._nodes.append(opened)
                found = Ref(len(self._nodes) - 1, ref.output)
            else:
                self._nodes[position] = opened
            self._done[ref] = closing, found
        self.closing[index], found = self._done[ref]
        return found


def _closing(node: Node) -> Closing | None:
    function = activations.softmax if _is_plain_softmax(node) else getattr(node.layer, "activation", None)
    if function not in _CLOSING or hasattr(node.layer, "cell"):
        return None
    if node.layer.config.get("activity_regularizer") is not None:  # it looks at the probabilities
        return None
    return function


def _without_activation(layer: Layer) -> Layer:
    if isinstance(layer, Softmax):
        return Activation("linear", name=layer.name, dtype=layer.dtype)
    linear: Any = copy(layer)
    linear.activation = activations.linear
    found: Layer = linear
    return found


def _is_plain_softmax(node: Node) -> bool:
    return (
        isinstance(node.layer, Softmax) and node.layer.axis == -1 and "mask" not in node.kwargs and len(node.args) == 1
    )
