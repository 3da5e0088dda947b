"""The way back through a graph: its nodes in reverse, and what a tensor is used for more than once is added up.

Only nodes on a way from something that learns (a parameter, or an input whose gradient is wanted) to the output take part;
what stands before, such as looking up words or scaling pixels, runs as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.graph.forecast import foresee
from core.graph.forward import apply, arguments, inner_context, mask_leaves, output_mask, outputs_of, tensor_arguments
from core.graph.nodes import Node, Ref, refs
from core.graph.refusals import FOREIGN, refusal
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, OfArguments, join
from core.nests import leaves, map_nest

if TYPE_CHECKING:
    from core.models.model import Model


@dataclass(frozen=True)
class _Way:
    """The way back through one node: the function, and what came out of the node."""

    node: Node
    backward: Backward
    outputs: Any

    def inputs(self, dx: Any) -> list[tuple[Ref, Any]]:
        """Give each tensor that went in with its gradient."""
        tensors = tensor_arguments(self.node)
        if isinstance(dx, OfArguments):
            pairs = [*zip(self.node.args, dx.args, strict=True)]
            pairs += [(self.node.kwargs[name], nest) for name, nest in dx.named.items() if name in self.node.kwargs]
        elif isinstance(dx, dict) and not self.node.layer.finds_masks:
            pairs = [(tensors[name], nest) for name, nest in dx.items() if name in tensors]
        else:
            pairs = [(next(iter(tensors.values())), dx)]
        return [
            (ref, gradient)
            for nest, found in pairs
            if found is not None
            for ref, gradient in zip(leaves(nest), leaves(found), strict=True)
            if isinstance(ref, Ref) and gradient is not None
        ]


class Charges(Protocol):
    """What outputs of layers cost beside the loss: `charge` takes note of what a layer gave, and gives its gradient."""

    def __contains__(self, layer: object) -> bool: ...

    def charge(self, layer: Layer, outputs: Any) -> Any:
        """Take note of the outputs of a layer that is contained, and give the gradient of their cost."""


def run_and_back(
    model: Model,
    inputs: Any,
    mask: Any,
    context: dict[str, Any],
    *,
    want_inputs: bool = True,
    charges: Charges = (),  # type: ignore[assignment]  # nothing contained, nothing charged
) -> tuple[Any, Any, Backward]:
    """Run the graph; return its outputs, their masks, and the way back.

    Without `want_inputs` the gradient of the inputs is None, and what only it would need is not computed.
    """
    values: dict[Ref, Any] = dict(zip(refs(model.inputs), leaves(inputs), strict=True))
    masks: dict[Ref, Any] = dict(zip(refs(model.inputs), mask_leaves(mask, len(values)), strict=True))
    foresee(model, inputs, keeping=True, learning=True)
    live = {ref for ref, value in values.items() if want_inputs and value.dtype.kind == "f"}
    ways: dict[int, _Way] = {}
    charged: list[tuple[Ref, Array]] = []
    for index, node in enumerate(model.nodes):
        if node.is_input:
            continue
        reached = any(ref in live for ref in refs(node.args, node.kwargs))
        if reached or learns(node.layer):
            outputs, output_masks, node_back = _apply_and_back(node, values, masks, context, charges, reached)
            ways[index] = _Way(node, node_back, outputs)
            live |= {Ref(index, number) for number, _ in enumerate(leaves(outputs))}
        elif charges and node.layer.finds_masks:  # nothing comes back, but what is inside may cost
            outputs, output_masks, _ = _apply_and_back(node, values, masks, context, charges, reached)
        else:
            outputs, output_masks = apply(node, values, masks, context)
        produced = list(leaves(outputs))
        if node.layer in charges:
            costs = leaves(charges.charge(node.layer, outputs))
            charged += [(Ref(index, number), cost) for number, cost in enumerate(costs)]
        values |= {Ref(index, number): value for number, value in enumerate(produced)}
        masks |= {Ref(index, number): value for number, value in enumerate(mask_leaves(output_masks, len(produced)))}

    def backward(dy: Any) -> tuple[Any, Gradients]:
        totals: dict[Ref, Array] = {}
        _add(totals, zip(refs(model.outputs), leaves(dy), strict=True))
        _add(totals, charged)
        gradients: Gradients = {}
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            for index in sorted(ways, reverse=True):
                way = ways[index]
                arrived = [totals.pop(Ref(index, number), None) for number, _ in enumerate(leaves(way.outputs))]
                if any(gradient is not None for gradient in arrived):
                    try:
                        dx, found = way.backward(_filled(way.outputs, arrived))
                    except FOREIGN as error:
                        raise refusal(way.node.layer, arrived, error) from error
                    gradients = join(found, gradients)
                    _add(totals, [(ref, gradient) for ref, gradient in way.inputs(dx) if ref in live])
        return map_nest(totals.get, model.inputs), gradients

    return outputs_of(values, model), map_nest(masks.get, model.outputs), backward


def learns(layer: Layer) -> bool:
    """Say whether a layer, or one inside it, has parameters that training changes."""
    return layer.trainable and (
        bool(set(layer.parameter_shapes) - layer.statistics)
        or bool(layer.parameter_shapes and layer.call_and_back.__func__ is not Layer.call_and_back)  # type: ignore[attr-defined]
        or any(learns(child) for child in layer.children.values())
    )


def _apply_and_back(
    node: Node, values: dict[Ref, Any], masks: dict[Ref, Any], context: dict[str, Any], charges: Charges, reached: bool
) -> tuple[Any, Any, Backward]:
    layer = node.layer
    args: tuple[Any, ...] = ()
    try:
        args, kwargs, mask = arguments(node, values, masks, context)
        if layer.finds_masks:
            model: Any = layer
            return run_and_back(
                model,
                args[0] if len(args) == 1 else list(args),
                mask,
                inner_context(node, context),
                want_inputs=reached,
                charges=charges,
            )
        if "want_inputs" in layer.learning_arguments:
            kwargs = kwargs | {"want_inputs": reached}
        outputs, backward = layer.learn(*args, **kwargs)
        return outputs, output_mask(node, args, kwargs, mask), backward
    except FOREIGN as error:
        raise refusal(layer, args, error) from error


def _filled(outputs: Any, arrived: list[Any]) -> Any:
    """Give the gradients in the structure of the outputs, zeros where an output was not used."""
    queue = iter(arrived)

    def fill(output: Array) -> Array:
        gradient = next(queue)
        return np.zeros_like(output) if gradient is None else gradient

    if isinstance(outputs, dict):
        raise UnsupportedLayerError("a layer that gives a dict of tensors cannot be trained through")
    return map_nest(fill, outputs)


def _add(totals: dict[Ref, Array], pairs: Any) -> None:
    for ref, gradient in pairs:
        if gradient is not None:
            totals[ref] = totals[ref] + gradient if ref in totals else gradient
