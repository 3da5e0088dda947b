"""A model inside a model is its graph put in the place of its call, so that the fast form reaches what is inside.

The layers are the same objects; only the graph is another. A call stays one call of the inner model, which then runs
plainly, where the graph alone would not say the same (where a record has the call train, say), and where one model is
called so often that its folded weights would take too much memory.
"""

from __future__ import annotations

from collections import Counter
from copy import copy
from dataclasses import replace
from typing import Any, TypeAlias

from core.graph.forward import training_of
from core.graph.network import Network
from core.graph.nodes import Node, Ref, refs
from core.graph.shapes import follow_shapes
from core.layers.base import Layer
from core.nests import leaves, map_nest

#: What each node of a graph has become: one node, or the tensors that an inner model gives.
Known: TypeAlias = dict[int, int | list[Ref]]

#: Calls of one inner model that are replaced by its graph: each one folds the weights anew.
MOST_CALLS = 8


class GivenMask(Layer):
    """y = x, with the mask of the call."""

    supports_masking = True

    def forward(self, *inputs: Any, **context: Any) -> Any:
        """Return the input in its own type."""
        return inputs[0]


def flatten(model: Network) -> Network:
    """Return a model that computes the same without models inside, as far as that is possible; else the model itself."""
    if not any(_is_model(node) for node in model.nodes):
        return model
    flat, nodes = copy(model), list[Node]()
    known: Known = {}
    flat.outputs = _inline(model, known, nodes, Counter())
    flat.inputs = map_nest(lambda ref: _rename(ref, known), model.inputs)
    flat.nodes = tuple(nodes)
    flat.layers = list(dict.fromkeys(node.layer for node in nodes))
    flat.forecasts = {}
    flat._shapes = follow_shapes(flat, ())
    return flat


def _inline(model: Network, known: Known, nodes: list[Node], calls: Counter[int]) -> Any:
    """Append the nodes of a graph, some of them `known` already; return its outputs by their new names."""
    for index, node in enumerate(model.nodes):
        if index in known:
            continue
        renamed = replace(
            node,
            args=map_nest(lambda leaf: _rename(leaf, known), node.args),
            kwargs=map_nest(lambda leaf: _rename(leaf, known), node.kwargs),
        )
        inner = _inner(renamed, calls)
        if inner is None:
            known[index] = len(nodes)
            nodes.append(renamed)
        else:
            inputs = zip(refs(inner.inputs), _with_masks(renamed, nodes), strict=True)
            outputs = _inline(inner, {ref.node: [given] for ref, given in inputs}, nodes, calls)
            known[index] = list(refs(outputs))
    return map_nest(lambda leaf: _rename(leaf, known), model.outputs)


def _rename(leaf: Any, known: Known) -> Any:
    """Return the new name of a tensor; other leaves are constants."""
    if not isinstance(leaf, Ref):
        return leaf
    new = known[leaf.node]
    return Ref(new, leaf.output) if isinstance(new, int) else new[leaf.output]


def _is_model(node: Node) -> bool:
    return isinstance(node.layer, Network) and not node.is_input


def _inner(node: Node, calls: Counter[int]) -> Network | None:
    """Return the model that a node calls, if the graph of that model can stand for the call."""
    if not _is_model(node):
        return None
    inner: Any = node.layer
    tensors, masks = list(leaves(node.args)), list(leaves(node.kwargs.get("mask")))
    given = [mask for mask in masks if mask is not None]
    plain = len(node.args) == 1 and all(isinstance(leaf, Ref) for leaf in [*tensors, *given])
    if not plain or set(node.kwargs) - {"training", "mask"} or (given and len(masks) != len(tensors)):
        return None
    if training_of(node, False) or len(tensors) != len(list(refs(inner.inputs))):
        return None
    calls[id(inner)] += 1
    return inner if calls[id(inner)] <= MOST_CALLS else None


def _with_masks(node: Node, nodes: list[Node]) -> list[Ref]:
    """Return the tensors that a call hands over; one that is given a mask of its own gets it from a node between."""
    tensors, masks = list(refs(node.args)), list(leaves(node.kwargs.get("mask")))
    for number, mask in enumerate(masks):
        if mask is not None:
            nodes.append(Node(GivenMask(name="given_mask"), (tensors[number],), {"mask": mask}))
            tensors[number] = Ref(len(nodes) - 1)
    return tensors
