"""Running a graph node by node: each layer gets the tensors and masks that Keras would hand it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from core.errors import InputError
from core.graph.forecast import foresee, foresee_rest
from core.graph.nodes import Always, Node, Ref, last_use, refs
from core.graph.refusals import FOREIGN, refusal
from core.nests import leaves, map_nest

if TYPE_CHECKING:
    from core.models.model import Model


def run(
    model: Model, inputs: Any, mask: Any, watch: Callable[[Node, Any], None] | None, context: dict[str, Any]
) -> tuple[Any, Any]:
    """Run the graph; return its outputs and their masks. `watch` sees each node and its output as they come.

    Raises `LimitError` where the model's limits do not allow it.
    """
    values: dict[Ref, Any] = dict(zip(refs(model.inputs), leaves(inputs), strict=True))
    masks: dict[Ref, Any] = dict(zip(refs(model.inputs), mask_leaves(mask, len(values)), strict=True))
    waiting = foresee(model, inputs, keeping=watch is not None).open
    leaving = last_use(model.nodes, model.outputs)
    for index, node in enumerate(model.nodes):
        if not node.is_input:
            if index in waiting:
                waiting = foresee_rest(model, index, values)
            outputs, output_masks = apply(node, values, masks, context)
            produced = list(leaves(outputs))
            for output, value in enumerate(produced):
                values[Ref(index, output)] = value
            for output, value in enumerate(mask_leaves(output_masks, len(produced))):
                masks[Ref(index, output)] = value
            if watch is not None:
                watch(node, outputs)
        for ref in leaving.get(index, ()):
            values.pop(ref, None)
    return outputs_of(values, model), map_nest(masks.get, model.outputs)


def outputs_of(values: dict[Ref, Any], model: Model) -> Any:
    """Return the outputs of a model. Raises `InputError` where a layer gave fewer tensors than it announced."""

    def value(ref: Ref) -> Any:
        if ref not in values:
            raise InputError(
                f"{model.nodes[ref.node].layer} gave no output number {ref.output}, which it had announced"
            )
        return values[ref]

    return map_nest(value, model.outputs)


def apply(node: Node, values: dict[Ref, Any], masks: dict[Ref, Any], context: dict[str, Any]) -> tuple[Any, Any]:
    """Apply one node's layer; return its output and the output's mask.

    Masks travel as in Keras: a layer with one tensor argument receives its mask as `mask`, a layer with several as
    `<argument>_mask`; what comes out is masked only by layers that support masking. Whatever the layer raises becomes
    a `KacaError` that names it.
    """
    layer = node.layer
    args: tuple[Any, ...] = ()
    try:
        args, kwargs, mask = arguments(node, values, masks, context)
        if layer.finds_masks:
            return layer.run(args[0] if len(args) == 1 else list(args), mask=mask, **inner_context(node, context))
        output = layer.forward(*args, **kwargs)
        return output, output_mask(node, args, kwargs, mask)
    except FOREIGN as error:
        raise refusal(layer, args, error) from error


def training_of(node: Node, context: dict[str, Any]) -> bool | None:
    """Return the ``training`` that a node's layer runs with, None where nothing says.

    Keras 3: what the model runs with, else what the call recorded. Keras 2: what the call recorded, if anything.
    """
    recorded = node.kwargs.get("training")
    if isinstance(recorded, Always):
        return recorded.value
    given: bool | None = context.get("training")
    return recorded if given is None else given


def inner_context(node: Node, context: dict[str, Any]) -> dict[str, Any]:
    """Return the context that the layers of a nested model run in: ``training`` as the node has it.

    ``draws`` is False where only a record says that the model trains and nobody gave a generator: see `arguments`.
    """
    training = training_of(node, context)
    recorded = training is not None and context.get("training") is not training
    draws = context.get("draws", True) and not (recorded and context.get("rng") is None)
    return context | {"training": training, "draws": draws}


def arguments(
    node: Node, values: dict[Ref, Any], masks: dict[Ref, Any], context: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Return what one node's layer is called with, and the mask of its first argument.

    A layer that draws at random, which trains because a record says so while nobody gave a generator, stays as in
    prediction: dropout that was recorded with ``training=True`` is the identity unless `forward` is given an ``rng``.
    """
    layer = node.layer
    args = map_nest(lambda leaf: values[leaf] if isinstance(leaf, Ref) else leaf, node.args)
    kwargs = map_nest(lambda leaf: values[leaf] if isinstance(leaf, Ref) else leaf, node.kwargs)
    inner = inner_context(node, context)
    draws = inner.pop("draws")
    kwargs |= {key: value for key, value in inner.items() if key == "training" or key not in kwargs}
    if kwargs["training"] is None:
        del kwargs["training"]
    elif not draws and "rng" in layer.call_arguments:
        kwargs["training"] = False
    tensors = tensor_arguments(node)
    first_mask = _masks_of(node.args[0] if node.args else next(iter(tensors.values()), ()), masks)
    if layer.finds_masks:
        given = kwargs.pop("mask", None)
        return args, kwargs, first_mask if given is None else given
    if len(tensors) == 1:
        if "mask" in layer.call_arguments and kwargs.get("mask") is None:
            kwargs["mask"] = first_mask
    else:
        for name, nest in tensors.items():
            if f"{name}_mask" in layer.call_arguments and kwargs.get(f"{name}_mask") is None:
                kwargs[f"{name}_mask"] = _masks_of(nest, masks)
    return args, kwargs, first_mask


def tensor_arguments(node: Node) -> dict[str, Any]:
    """Give the arguments of a node that hold tensors, by their names in the layer's `call`; masks are none."""
    named = dict(zip(node.layer.call_arguments, node.args, strict=False)) | node.kwargs
    return {name: nest for name, nest in named.items() if name != "mask" and any(True for _ in refs(nest))}


def output_mask(node: Node, args: tuple[Any, ...], kwargs: dict[str, Any], first_mask: Any) -> Any:
    """Give the mask of what a node's layer made of these arguments."""
    previous = kwargs["mask"] if kwargs.get("mask") is not None else first_mask
    return node.layer.compute_mask(args[0], previous) if node.layer.supports_masking and args else None


def _masks_of(nest: Any, masks: dict[Ref, Any]) -> Any:
    found = map_nest(lambda leaf: masks.get(leaf) if isinstance(leaf, Ref) else None, nest)
    return found if any(mask is not None for mask in leaves(found)) else None


def mask_leaves(mask: Any, count: int) -> list[Any]:
    """Give one mask for each of `count` tensors, None where there is none."""
    found = list(leaves(mask))
    return (found + [None] * count)[:count]
