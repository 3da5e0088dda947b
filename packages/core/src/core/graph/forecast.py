"""What a forward pass through a graph will cost, for inputs of known shapes: worked out node by node, before it runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from core.arrays import Shape, show_shape
from core.errors import KacaError, LimitError
from core.graph.limits import Limits
from core.graph.nodes import Graph, Node, Ref, last_use, refs
from core.graph.refusals import FOREIGN
from core.graph.shapes import Shapes, follow_shapes
from core.layers.base import Layer
from core.layers.work import Work, shapes_in
from core.nests import leaves

#: Shapes of inputs whose cost is remembered.
_REMEMBERED = 64


class Shaped(tuple[tuple[int, ...], ...]):
    """The shapes of all inputs, in the order of the leaves."""

    __slots__ = ()


@dataclass
class Peak:
    """The largest value of something, and what it is the value of."""

    value: int = 0
    what: str = "nothing"

    def meet(self, value: int, layer: Layer, shape: Any, where: str = "") -> None:
        """Take note of a value if it is the largest so far."""
        if value > self.value:
            self.value = value
            self.what = (
                where or f"{layer}, which makes {' and '.join(map(show_shape, shapes_in(shape))) or 'no tensor'}"
            )


@dataclass
class Forecast:
    """The cost of one pass. `open` are the nodes whose sizes depend on the data; what is after them is not counted."""

    operations: int = 0
    #: What training adds beyond two passes back of as many operations.
    backward: int = 0
    busiest: Peak = field(default_factory=Peak)
    tensor: Peak = field(default_factory=Peak)
    memory: Peak = field(default_factory=Peak)
    #: What all tensors take together: in training, and for `activations`, all are kept.
    kept: int = 0
    #: The bytes of every tensor whose size is known.
    sizes: dict[Ref, int] = field(default_factory=dict)
    open: frozenset[int] = frozenset()

    def refuse(
        self, limits: Limits, model: object, rows: int, *, keeping: bool = False, learning: bool = False
    ) -> None:
        """Raise `LimitError` where the pass exceeds the limits; `keeping` where all tensors stay until its end."""
        operations = 3 * self.operations + self.backward if learning else self.operations
        if operations > limits.operations * max(rows, 1):
            each = operations // max(rows, 1)
            raise _too_much(
                model, "operations", f"{each:,} operations for one example", self.busiest, limits.operations
            )
        if self.tensor.value > limits.largest_tensor:
            what = f"a tensor of {self.tensor.value:,} bytes"
            name = "memory_bytes" if limits.tensor_bytes is None else "tensor_bytes"
            raise _too_much(model, name, what, self.tensor, limits.largest_tensor)
        needed = max(self.memory.value, self.kept) if keeping else self.memory.value
        if needed > limits.memory_bytes:
            raise _too_much(model, "memory_bytes", f"{needed:,} bytes", self.memory, limits.memory_bytes)


def _too_much(model: object, name: str, what: str, peak: Peak, limit: int) -> LimitError:
    return LimitError(
        f"{model} cannot be run: it needs {what}, more than the limit {name}={limit:,}; the most is for {peak.what}. "
        "Give fewer rows or shorter ones; or, if you trust the file, core.load_model(path, limits=core.Limits(...))"
    )


def foresee(graph: Graph, inputs: Any, *, keeping: bool = False, learning: bool = False) -> Forecast:
    """Return what a pass over `inputs`, arrays or shapes of them, will cost; worked out once for each of their shapes.

    Raises `LimitError` where it exceeds the limits of the graph: with `keeping` all tensors stay until the end of the pass,
    and `learning` goes back through the graph too.
    """
    shapes = inputs if isinstance(inputs, Shaped) else Shaped(leaf.shape for leaf in leaves(inputs))
    found = _remembered(graph, shapes, lambda: forecast(graph, shapes))
    found.refuse(graph.limits, graph, _rows(shapes), keeping=keeping, learning=learning)
    return found


def foresee_rest(graph: Graph, index: int, values: Mapping[Ref, Any]) -> frozenset[int]:
    """Work out the cost of the nodes from `index` on, once the tensors before them are there; return those still open."""
    known = tuple((ref, value.shape) for ref, value in values.items())
    found = _remembered(graph, (index, known), lambda: forecast(graph, (), dict(known), index))
    found.refuse(graph.limits, graph, _rows((known[0][1],)))
    return found.open


def _remembered(graph: Graph, key: Any, make: Callable[[], Forecast]) -> Forecast:
    remembered = graph.forecasts
    found = remembered.get(key)
    if found is None:
        if len(remembered) >= _REMEMBERED:
            remembered.clear()
        found = remembered[key] = make()
    return found


def _rows(shapes: tuple[tuple[int, ...], ...]) -> int:
    return shapes[0][0] if shapes and shapes[0] else 1


def forecast(graph: Graph, given: Sequence[Any], known: Mapping[Ref, Any] | None = None, start: int = 0) -> Forecast:
    """Work out the cost of a pass over inputs of the shapes `given`, or of its nodes from `start` on."""
    shapes = follow_shapes(graph, given, partly=True, known=known, start=start)
    found = Forecast()
    sizes = found.sizes
    waiting: set[int] = set()
    leaving = last_use(graph.nodes, graph.outputs)
    live = 0
    for index, node in enumerate(graph.nodes):
        made = shapes.outputs(index)
        for ref in made:
            if None not in shapes.of[ref]:
                sizes[ref] = math.prod(cast(Sequence[int], shapes.of[ref])) * node.layer.number_bytes
                found.tensor.meet(sizes[ref], node.layer, shapes.of[ref])
                found.kept += sizes[ref]
                live += sizes[ref]
        if not node.is_input and index >= start:
            work = _work(node, shapes)
            if work is None:
                waiting.add(index)
            else:
                what = [shapes.of[ref] for ref in made]
                found.operations += work.operations
                found.backward += work.backward
                found.busiest.meet(work.operations + work.backward, node.layer, what, work.where)
                found.memory.meet(live + work.workspace, node.layer, what)
        live -= sum(sizes.get(ref, 0) for ref in leaving.get(index, ()))
    found.open = frozenset(waiting)
    return found


def _work(node: Node, shapes: Shapes) -> Work | None:
    """Return the work of one node, or None where a size is not known."""
    sources = [shapes.of.get(ref) for ref in refs(node.args, node.kwargs)]
    if any(shape is None for shape in sources):  # behind a layer that will refuse what comes
        return Work()
    if any(None in cast(Shape, shape) for shape in sources):
        return None
    try:
        return node.layer.work_of_call(*shapes.arguments(node))
    except (KacaError, *FOREIGN):  # a layer of the user's own that cannot say; it will be run as it is
        return Work()
