"""The shapes of all tensors of a graph, followed from node to node; on the way its layers can be built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from core.arrays import Shape, known_size, show_shape
from core.errors import InputError, UnsupportedLayerError
from core.graph import Node, Ref, map_nest, refs
from core.input_layer import InputLayer
from core.operation import Operation

if TYPE_CHECKING:
    from core.model import Model

#: The most numbers that a layer may make of one example, 16 GiB in float32; beyond that, the machine would be killed.
_LARGEST_EXAMPLE = 2**32
#: No array has a longer axis; layers that enlarge what others enlarged could ask for one.
_LARGEST_AXIS = 2**63 - 1


@dataclass
class Shapes:
    """The shape of every tensor, and which layer makes more numbers of one example than any memory holds."""

    of: dict[Ref, Shape] = field(default_factory=dict)
    oversized: str = ""

    def refuse_oversized(self, model: Model) -> None:
        """Raise `InputError` if the model cannot be run."""
        if self.oversized:
            raise InputError(f"{model} cannot be run: {self.oversized}, more than any memory holds")

    def arguments(self, node: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Give the shapes of the tensors among a node's arguments."""

        def shape_of(leaf: Any) -> Any:
            return self.of[leaf] if isinstance(leaf, Ref) else leaf

        args = tuple(map_nest(shape_of, arg) for arg in node.args if any(True for _ in refs(arg)))
        kwargs = {
            key: map_nest(shape_of, value)
            for key, value in node.kwargs.items()
            if (key != "mask" and any(True for _ in refs(value))) or key in node.layer.shaping_arguments
        }
        return args, kwargs


def follow_shapes(model: Model, given: Sequence[Any], *, build: bool = False) -> Shapes:
    """Follow the shapes of the inputs (those that are declared where none are given) through the graph.

    With `build` every layer declares its parameters. Raises `UnsupportedLayerError` where a layer cannot take what comes.
    """
    shapes = Shapes()
    outside = [shape for nest in given for shape in _shape_leaves(nest)]
    for ref in refs(model.inputs):
        shapes.of[ref] = outside.pop(0) if outside else cast(InputLayer, model.nodes[ref.node].layer).batch_shape
    for index, node in enumerate(model.nodes):
        if node.is_input:
            continue
        args, kwargs = shapes.arguments(node)
        if node.layer.finds_masks and not args:
            raise UnsupportedLayerError(f"{node.layer} is called without its input")
        try:
            if build:
                node.layer.build(*args, **kwargs)
            if isinstance(node.layer, Operation):
                result = node.layer.follow(node.args, node.kwargs, shapes.of)
            else:
                result = node.layer.compute_output_shape(*args, **kwargs)
        except (InputError, IndexError, TypeError, ValueError, ArithmeticError) as error:
            raise UnsupportedLayerError(f"{node.layer} cannot take an input of shape {args}: {error}") from error
        for output, shape in enumerate(_shape_leaves(result)):
            if not all(size is None or 0 <= size <= _LARGEST_AXIS for size in shape):
                raise UnsupportedLayerError(f"{node.layer} would give the shape {shape} for an input of shape {args}")
            shapes.of[Ref(index, output)] = shape
            if (known_size(shape[1:]) or 0) > _LARGEST_EXAMPLE:
                shapes.oversized = f"{node.layer} makes {show_shape(shape)} numbers of one example"
    return shapes


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
