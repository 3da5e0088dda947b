"""The shapes of all tensors of a graph, followed from node to node; on the way its layers can be built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from core.arrays import Shape
from core.errors import InputError, UnsupportedLayerError
from core.graph.nodes import Node, Ref, refs
from core.graph.refusals import FOREIGN
from core.keras_ops.operation import Operation
from core.layers.input_layer import InputLayer
from core.nests import leaves, map_nest

if TYPE_CHECKING:
    from core.models.model import Model

#: Tensors in all of a graph, those of the models within it included: a list of tensors is as long as a config says.
MOST_TENSORS = 2**16
#: No array has a longer axis; layers that enlarge what others enlarged could ask for one.
_LARGEST_AXIS = 2**63 - 1


@dataclass
class Shapes:
    """The shape of every tensor; with `failed` only of those before a layer that cannot take what comes."""

    of: dict[Ref, Shape] = field(default_factory=dict)
    failed: bool = False
    #: How many tensors each node gives.
    counts: dict[int, int] = field(default_factory=dict)

    def outputs(self, index: int) -> list[Ref]:
        """Return the tensors that a node gives, as far as the shapes were followed."""
        return [Ref(index, number) for number in range(self.counts.get(index, 0))]

    def arguments(self, node: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the shapes of the tensors among a node's arguments; constant arrays are tensors as well, masks are not."""

        def shape_of(leaf: Any) -> Any:
            return self.of[leaf] if isinstance(leaf, Ref) else _constant_shape(leaf)

        args = tuple(map_nest(shape_of, arg) for arg in node.args if _holds_tensor(arg))
        kwargs = {
            key: map_nest(shape_of, value)
            for key, value in node.kwargs.items()
            if (key != "mask" and any(True for _ in refs(value)))
            or (not key.endswith("mask") and _holds_tensor(value))
            or key in node.layer.shaping_arguments
        }
        return args, kwargs


def _holds_tensor(nest: Any) -> bool:
    return any(isinstance(leaf, Ref | np.ndarray) for leaf in leaves(nest))


def _constant_shape(leaf: Any) -> Any:
    """Return the shape of a constant array; one row stands for as many as there are."""
    if not isinstance(leaf, np.ndarray):
        return leaf
    return (None, *leaf.shape[1:]) if leaf.shape[:1] == (1,) else leaf.shape


def follow_shapes(
    model: Model,
    given: Sequence[Any],
    *,
    build: bool = False,
    partly: bool = False,
    known: Mapping[Ref, Shape] | None = None,
    start: int = 0,
) -> Shapes:
    """Follow the shapes of the inputs (those that are declared where none are given) through the graph.

    With `build` every layer declares its parameters. Raises `UnsupportedLayerError` where a layer cannot take what comes;
    with `partly` the shapes before it are returned. Nodes before `start` are left out; `known` are shapes that they gave.
    """
    shapes = Shapes()
    outside = [shape for nest in given for shape in _shape_leaves(nest)]
    for ref in refs(model.inputs):
        shapes.of[ref] = outside.pop(0) if outside else cast(InputLayer, model.nodes[ref.node].layer).batch_shape
        shapes.counts[ref.node] = ref.output + 1
    for ref, shape in (known or {}).items():
        shapes.of[ref] = shape
        shapes.counts[ref.node] = max(shapes.counts.get(ref.node, 0), ref.output + 1)
    for index, node in enumerate(model.nodes):
        if node.is_input or index < start:
            continue
        try:
            result = _follow(node, shapes, build=build)
        except UnsupportedLayerError:
            if not partly:
                raise
            shapes.failed = True
            break
        made = 0
        for output, shape in enumerate(_shape_leaves(result)):
            if not partly and not all(size is None or 0 <= size <= _LARGEST_AXIS for size in shape):
                args, _ = shapes.arguments(node)
                raise UnsupportedLayerError(f"{node.layer} would give the shape {shape} for an input of shape {args}")
            shapes.of[Ref(index, output)] = shape
            made = output + 1
        shapes.counts[index] = made
        if len(shapes.of) > MOST_TENSORS:
            raise UnsupportedLayerError(f"{model} has more than {MOST_TENSORS:,} tensors, at {node.layer}")
    return shapes


def _follow(node: Node, shapes: Shapes, *, build: bool) -> Any:
    """Return the shape, or the nest of shapes, that a node gives; build its layer. Raises `UnsupportedLayerError`."""
    args: tuple[Any, ...] = ()
    try:
        args, kwargs = shapes.arguments(node)
        if node.layer.finds_masks and not args:
            raise UnsupportedLayerError(f"{node.layer} is called without its input")
        if build:
            node.layer.build(*args, **kwargs)
        if isinstance(node.layer, Operation):
            return node.layer.follow(node.args, node.kwargs, shapes.of)
        return node.layer.compute_output_shape(*args, **kwargs)
    except (InputError, *FOREIGN) as error:
        raise UnsupportedLayerError(f"{node.layer} cannot take an input of shape {args}: {error}") from error


def _shape_leaves(nest: Any) -> Iterator[Shape]:
    """Go through the shapes in nested lists, tuples and dicts of shapes."""
    if isinstance(nest, dict):
        for key in sorted(nest):
            yield from _shape_leaves(nest[key])
    elif isinstance(nest, tuple) and all(size is None or isinstance(size, int) for size in nest):
        yield nest
    elif isinstance(nest, list | tuple):
        for value in nest:
            yield from _shape_leaves(value)
