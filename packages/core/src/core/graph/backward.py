"""The gradient of a graph: its nodes in reverse, and what a tensor is used for more than once is added up.

Only nodes between something that learns (a parameter, or an input whose gradient is wanted) and the output take part; what
stands before, such as looking up words or scaling pixels, runs as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.graph.forecast import foresee
from core.graph.forward import applied, apply, given, outputs_of, store
from core.graph.nodes import Graph, Node, Ref, refs
from core.graph.refusals import FOREIGN, refusal
from core.layers.base import Layer
from core.layers.context import Context
from core.layers.gradients import ArgumentGradients, Backward, Gradients, computed, join
from core.nests import leaves, map_nest


@dataclass(frozen=True)
class _Step:
    """One node on the way: its backward function, and what came out of it."""

    node: Node
    backward: Backward
    outputs: Any

    def run(self, arrived: list[Any]) -> tuple[ArgumentGradients, Gradients]:
        """Carry the gradients of the outputs, None for those that were not used, back to the arguments."""
        try:
            found: tuple[ArgumentGradients, Gradients] = self.backward(_filled(self.outputs, arrived))
        except FOREIGN as error:
            raise refusal(self.node.layer, arrived, error) from error
        return found

    def by_tensor(self, dx: ArgumentGradients) -> Iterator[tuple[Ref, Any]]:
        """Go through the tensors that went in, each with its gradient."""
        pairs = [*zip(self.node.args, dx.args, strict=False)]
        pairs += [(self.node.kwargs[name], nest) for name, nest in dx.named.items() if name in self.node.kwargs]
        for nest, found in pairs:
            if found is not None:
                for ref, gradient in zip(leaves(nest), leaves(found), strict=True):
                    if isinstance(ref, Ref) and gradient is not None:
                        yield ref, gradient


def run_with_backward(graph: Graph, inputs: Any, mask: Any, context: Context) -> tuple[Any, Any, Backward]:
    """Run a graph; return its outputs, their masks, and the backward function.

    Where the context does not want the gradient of the inputs, it is None, and what only it would need is not computed.
    Raises `LimitError` where the limits of the graph do not allow it.
    """
    values, masks = given(graph.inputs, inputs, mask)
    foresee(graph, inputs, keeping=True, learning=True)
    live = {ref for ref, value in values.items() if context.wants_inputs and value.dtype.kind == "f"}
    steps: dict[int, _Step] = {}
    charged: list[tuple[Ref, Array]] = []
    for index, node in enumerate(graph.nodes):
        if node.is_input:
            continue
        reached = any(ref in live for ref in refs(node.args, node.kwargs))
        takes_part = reached or learns(node.layer)
        if takes_part or _charges(context, node.layer):
            asked = replace(context, wants_inputs=reached)
            made, made_masks, backward = applied(node, values, masks, asked, node.layer.apply_with_backward)
        else:
            made, made_masks = apply(node, values, masks, context)
        names = store(values, masks, index, made, made_masks)
        if takes_part:
            steps[index] = _Step(node, backward, made)
            live.update(names)
        if context.charges is not None and node.layer in context.charges:
            charged += zip(names, leaves(context.charges.charge(node.layer, made)), strict=True)

    def backward_of_graph(dy: Any) -> tuple[Any, Gradients]:
        totals: dict[Ref, Array] = {}
        _add(totals, zip(refs(graph.outputs), leaves(dy), strict=True))
        _add(totals, charged)
        gradients: Gradients = {}
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for index in sorted(steps, reverse=True):
                step = steps[index]
                arrived = [totals.pop(Ref(index, number), None) for number, _ in enumerate(leaves(step.outputs))]
                if any(gradient is not None for gradient in arrived):
                    dx, found = step.run(arrived)
                    gradients = join(found, gradients)
                    _add(totals, ((ref, computed(gradient)) for ref, gradient in step.by_tensor(dx) if ref in live))
        return map_nest(totals.get, graph.inputs), gradients

    return outputs_of(values, graph), map_nest(masks.get, graph.outputs), backward_of_graph


def learns(layer: Layer) -> bool:
    """Return whether a layer, or one inside it, has parameters that training changes."""
    knows_gradient = type(layer).call_with_backward is not Layer.call_with_backward
    return layer.trainable and (
        bool(set(layer.parameter_shapes) - layer.statistics)
        or bool(layer.parameter_shapes and knows_gradient)
        or any(learns(child) for child in layer.children.values())
    )


def _charges(context: Context, layer: Layer) -> bool:
    """Return whether something inside a layer costs, though nothing comes back through it."""
    charges = context.charges
    return charges is not None and any(part in charges for _, part in layer.walk())


def _filled(outputs: Any, arrived: list[Any]) -> Any:
    """Return the gradients in the structure of the outputs, zeros where an output was not used."""
    queue = iter(arrived)

    def fill(output: Array) -> Array:
        gradient = next(queue)
        return np.zeros_like(output) if gradient is None else gradient

    if isinstance(outputs, dict):
        raise UnsupportedLayerError("a layer that gives a dict of tensors cannot be trained through")
    return map_nest(fill, outputs)


def _add(totals: dict[Ref, Array], pairs: Iterable[tuple[Ref, Any]]) -> None:
    for ref, gradient in pairs:
        if gradient is not None:
            totals[ref] = totals[ref] + gradient if ref in totals else gradient
