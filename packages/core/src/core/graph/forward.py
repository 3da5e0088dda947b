"""Running a graph node by node: each layer gets the tensors and masks that Keras would hand it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.errors import InputError
from core.graph.forecast import foresee, foresee_rest
from core.graph.nodes import Always, Graph, Node, Ref, last_use, refs
from core.graph.refusals import FOREIGN, refusal
from core.layers.context import Context
from core.nests import leaves, map_nest

#: The tensors of one run, or their masks, by the name of the tensor.
Values = dict[Ref, Any]


def run(
    graph: Graph, inputs: Any, mask: Any, context: Context, watch: Callable[[Node, Any], None] | None = None
) -> tuple[Any, Any]:
    """Run a graph; return its outputs and their masks. `watch` sees each node and its output as they come.

    Raises `LimitError` where the limits of the graph do not allow it.
    """
    values, masks = given(graph.inputs, inputs, mask)
    waiting = foresee(graph, inputs, keeping=watch is not None).open
    leaving = last_use(graph.nodes, graph.outputs)
    for index, node in enumerate(graph.nodes):
        if not node.is_input:
            if index in waiting:
                waiting = foresee_rest(graph, index, values)
            outputs, output_masks = apply(node, values, masks, context)
            store(values, masks, index, outputs, output_masks)
            if watch is not None:
                watch(node, outputs)
        for ref in leaving.get(index, ()):
            values.pop(ref, None)
    return outputs_of(values, graph), map_nest(masks.get, graph.outputs)


def outputs_of(values: Values, graph: Graph) -> Any:
    """Return the outputs of a graph. Raises `InputError` where a layer gave fewer tensors than it announced."""

    def value(ref: Ref) -> Any:
        if ref not in values:
            raise InputError(
                f"{graph.nodes[ref.node].layer} gave no output number {ref.output}, which it had announced"
            )
        return values[ref]

    return map_nest(value, graph.outputs)


def apply(node: Node, values: Values, masks: Values, context: Context) -> tuple[Any, Any]:
    """Apply one node's layer; return its output and the output's mask.

    Whatever the layer raises becomes a `KacaError` that names it.
    """
    return applied(node, values, masks, context, node.layer.apply)


def applied(node: Node, values: Values, masks: Values, context: Context, apply_layer: Callable[..., Any]) -> Any:
    """Hand `apply_layer` what the node's layer gets: the arguments, the masks of those that hold tensors, and the context."""
    args: Any = ()
    try:
        args = resolved(node.args, values)
        kwargs = {key: resolved(nest, values) for key, nest in node.kwargs.items() if key != "training"}
        found = {name: _masks_of(nest, masks) for name, nest in node.tensors.items()}
        return apply_layer(args, kwargs, found, inner_context(node, context))
    except FOREIGN as error:
        raise refusal(node.layer, args, error) from error


def resolved(nest: Any, values: Values) -> Any:
    """Return a nest of arguments with the values of its tensors."""
    return map_nest(lambda leaf: values[leaf] if isinstance(leaf, Ref) else leaf, nest)


def training_of(node: Node, training: bool | None) -> bool | None:
    """Return the ``training`` that a node's layer runs with, None where nothing says.

    A record that holds `Always` comes first, then what the model runs with, then what the call recorded.
    """
    recorded = node.kwargs.get("training")
    if isinstance(recorded, Always):
        return recorded.value
    return recorded if training is None else training


def inner_context(node: Node, context: Context) -> Context:
    """Return the context that a node's layer runs in: ``training`` as the node has it.

    A layer that draws at random, which trains because a record says so while nobody gave a generator, stays as in
    prediction: dropout that was recorded with ``training=True`` is the identity unless `forward` is given an ``rng``.
    """
    if "training" not in node.kwargs:
        return context
    training = training_of(node, context.training)
    if training is context.training:
        return context
    draws = context.draws and not (training is not None and context.rng is None)
    return replace(context, training=training, draws=draws)


def _masks_of(nest: Any, masks: Values) -> Any:
    if isinstance(nest, Ref):
        return masks.get(nest)
    found = map_nest(lambda leaf: masks.get(leaf) if isinstance(leaf, Ref) else None, nest)
    return found if any(mask is not None for mask in leaves(found)) else None


def mask_leaves(mask: Any, count: int) -> list[Any]:
    """Return one mask for each of `count` tensors, None where there is none."""
    found = list(leaves(mask))
    return (found + [None] * count)[:count]


def store(values: Values, masks: Values, index: int, outputs: Any, output_masks: Any) -> list[Ref]:
    """Keep what a node gave under the names of its tensors, and return these."""
    produced = list(leaves(outputs))
    names = [Ref(index, number) for number in range(len(produced))]
    values.update(zip(names, produced, strict=True))
    masks.update(zip(names, mask_leaves(output_masks, len(produced)), strict=True))
    return names


def given(structure: Any, inputs: Any, mask: Any) -> tuple[Values, Values]:
    """Return the tensors and masks that come from outside, by the names that `structure` gives them."""
    names = list(refs(structure))
    masks = mask_leaves(mask, len(names))
    return dict(zip(names, leaves(inputs), strict=True)), dict(zip(names, masks, strict=True))
