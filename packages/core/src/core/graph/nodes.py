"""A model is a graph: nodes that apply a layer to tensors, each tensor named by the node and output it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from core.graph.limits import Limits
from core.layers.base import Layer
from core.nests import leaves


class Ref(NamedTuple):
    """A tensor of the graph: output number `output` of node number `node`."""

    node: int
    output: int = 0


@dataclass(frozen=True)
class Always:
    """A recorded value of ``training`` that holds whatever the model runs with."""

    value: bool


@dataclass(frozen=True)
class Node:
    """One application of a layer. Its arguments are nests of `Ref`s and constants; an input node has none.

    A recorded ``training`` among `kwargs` is what Keras 3 takes where a model runs without one, or `Always`.
    """

    layer: Layer
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    @property
    def is_input(self) -> bool:
        """Whether this node receives its value from outside."""
        return not self.args and not self.kwargs

    @cached_property
    def tensors(self) -> dict[str, Any]:
        """The arguments that hold tensors, by their names in the layer's `call`; masks are none."""
        named = dict(zip(self.layer.call_arguments, self.args, strict=False)) | self.kwargs
        return {name: nest for name, nest in named.items() if name != "mask" and any(True for _ in refs(nest))}


class Graph:
    """Nodes in the order in which they can run, the tensors that go in and out, and what one pass over them may cost.

    `inputs` and `outputs` are one `Ref`, or a list or dict of them.
    """

    nodes: tuple[Node, ...]
    inputs: Any
    outputs: Any
    limits: Limits
    #: What passes over inputs of some shapes cost, as far as it was worked out.
    forecasts: dict[Any, Any]


def refs(*nests: Any) -> Iterator[Ref]:
    """Go through the tensors in `nests`."""
    return (leaf for nest in nests for leaf in leaves(nest) if isinstance(leaf, Ref))


def last_use(nodes: Sequence[Node], outputs: Any) -> dict[int, list[Ref]]:
    """Return after which node each tensor is no longer needed, so that its memory can go."""
    needed = set(refs(outputs))
    last = {ref: index for index, node in enumerate(nodes) for ref in refs(node.args, node.kwargs)}
    by_node: dict[int, list[Ref]] = {}
    for ref, index in last.items():
        if ref not in needed:
            by_node.setdefault(index, []).append(ref)
    return by_node
