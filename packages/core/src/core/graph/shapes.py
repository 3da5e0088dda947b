"""The shapes of all tensors of a graph, followed from node to node; on the way its layers can be built."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from core.arrays import Shape
from core.errors import InputError, UnsupportedLayerError
from core.graph.nodes import Graph, Node, Ref, refs
from core.graph.refusals import FOREIGN
from core.layers.calls import Arguments, Symbol
from core.layers.input_layer import InputLayer
from core.nests import map_nest

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

    def arguments(self, node: Node) -> Arguments:
        """Return the arguments of a node with a `Symbol` for each tensor."""

        def symbol(leaf: Any) -> Any:
            return Symbol(self.of[leaf]) if isinstance(leaf, Ref) else leaf

        return map_nest(symbol, node.args), {name: map_nest(symbol, nest) for name, nest in node.kwargs.items()}


def follow_shapes(
    graph: Graph,
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
    for ref in refs(graph.inputs):
        shapes.of[ref] = outside.pop(0) if outside else cast(InputLayer, graph.nodes[ref.node].layer).batch_shape
        shapes.counts[ref.node] = ref.output + 1
    for ref, shape in (known or {}).items():
        shapes.of[ref] = shape
        shapes.counts[ref.node] = max(shapes.counts.get(ref.node, 0), ref.output + 1)
    for index, node in enumerate(graph.nodes):
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
                came = node.layer.shapes_of_call(*shapes.arguments(node))[0]
                raise UnsupportedLayerError(f"{node.layer} would give the shape {shape} for an input of shape {came}")
            shapes.of[Ref(index, output)] = shape
            made = output + 1
        shapes.counts[index] = made
        if len(shapes.of) > MOST_TENSORS:
            raise UnsupportedLayerError(f"{graph} has more than {MOST_TENSORS:,} tensors, at {node.layer}")
    return shapes


def _follow(node: Node, shapes: Shapes, *, build: bool) -> Any:
    """Return the shape, or the nest of shapes, that a node gives; build its layer. Raises `UnsupportedLayerError`."""
    came: Any = ()
    try:
        args, kwargs = shapes.arguments(node)
        came, _ = node.layer.shapes_of_call(args, kwargs)
        return node.layer.follow(args, kwargs, build=build)
    except (InputError, *FOREIGN) as error:
        raise UnsupportedLayerError(f"{node.layer} cannot take an input of shape {came}: {error}") from error


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
