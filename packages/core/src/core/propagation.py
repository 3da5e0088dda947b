"""Applying one node of a graph: its layer gets the tensors and masks that Keras would hand it."""

from __future__ import annotations

from typing import Any

from core.graph import Node, Ref, leaves, map_nest, refs


def apply(node: Node, values: dict[Ref, Any], masks: dict[Ref, Any], context: dict[str, Any]) -> tuple[Any, Any]:
    """Apply one node's layer; return its output and the output's mask.

    Masks travel as in Keras: a layer with one tensor argument receives its mask as `mask`, a layer with several as
    `<argument>_mask`; what comes out is masked only by layers that support masking.
    """
    layer = node.layer
    args, kwargs, mask = arguments(node, values, masks, context)
    if layer.finds_masks:
        return layer.run(args[0] if len(args) == 1 else list(args), mask=mask, **context)
    output = layer.forward(*args, **kwargs)
    return output, output_mask(node, args, kwargs, mask)


def arguments(
    node: Node, values: dict[Ref, Any], masks: dict[Ref, Any], context: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any], Any]:
    """Give what one node's layer is called with, and the mask of its first argument."""
    layer = node.layer
    args = map_nest(lambda leaf: values[leaf] if isinstance(leaf, Ref) else leaf, node.args)
    kwargs = map_nest(lambda leaf: values[leaf] if isinstance(leaf, Ref) else leaf, node.kwargs)
    kwargs |= {key: value for key, value in context.items() if key not in kwargs}
    tensors = tensor_arguments(node)
    first_mask = _masks_of(node.args[0] if node.args else next(iter(tensors.values()), ()), masks)
    if layer.finds_masks:
        return args, kwargs, first_mask
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
