"""A plan is the fast form of a model: its graph, with the kernels of its layers in place of the layers, as few as possible.

What has no kernel stays a plain layer inside the plan. The weights are folded once, when the plan is made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from core.arrays import Array
from core.engine.flatten import flatten
from core.engine.lower import lower
from core.graph.forward import training_of
from core.graph.network import Network
from core.graph.nodes import Node, Ref, refs
from core.kernels.elementwise import Sum
from core.kernels.kernel import Kernel, Routine
from core.layers.base import Layer


@dataclass(eq=False)
class Stage:
    """One kernel and the nodes whose work it does; without one, one node that runs plainly."""

    kernel: Kernel | None
    nodes: list[Node]
    sources: tuple[Ref, ...]
    result: Ref


@dataclass
class Plan:
    """The stages of a model in the order in which they run, and the weights that they were made from.

    `model` is the one whose tensors the stages name: without the models inside that could be taken apart.
    """

    model: Network
    stages: list[Stage]
    weights: list[tuple[Layer, str, Array]] = field(default_factory=list)

    @property
    def is_current(self) -> bool:
        """Whether the model still has the weights that were folded: they are set anew by `assign`, never changed in place."""
        return all(
            layer.parameters.get(name) is array and not array.flags.writeable for layer, name, array in self.weights
        )


def make_plan(model: Network) -> Plan:
    """Find the kernel of every layer that has one, and join those that follow one another."""
    whole, model = model, flatten(model)
    uses = Counter(ref for node in model.nodes for ref in refs(node.args, node.kwargs)) + Counter(refs(model.outputs))
    stages: list[Stage] = []
    maker: dict[Ref, Stage] = {}
    for index, node in enumerate(model.nodes):
        if node.is_input:
            continue
        kernel, result = _kernel_of(node, model), Ref(index)
        sources = tuple(refs(node.args))
        before = maker.get(sources[0]) if kernel is not None and len(sources) == 1 else None
        joined = before.kernel.fuse(kernel) if before and before.kernel and kernel and uses[sources[0]] == 1 else None
        if before is not None and joined is not None:
            before.kernel, before.result = joined, result
            before.nodes.append(node)
            maker[result] = before
            stages.remove(before)  # and runs where its last node stood, after what else that one may need: its mask
            stages.append(before)
        else:
            maker[result] = Stage(kernel, [node], sources, result)
            stages.append(maker[result])
    return Plan(model, stages, _freeze(whole))


def _freeze(model: Network) -> list[tuple[Layer, str, Array]]:
    """Make the weights read-only: one that was changed in place would change the plain model and not the fast one."""
    weights: list[tuple[Layer, str, Array]] = [
        (layer, name, array) for _, layer in model.walk() for name, array in layer.parameters.items()
    ]
    for _, _, array in weights:
        array.flags.writeable = False
    return weights


def _kernel_of(node: Node, model: Network) -> Kernel | None:
    """Return the node's kernel, if it computes in float32 on float32 and takes nothing but its inputs and a mask."""
    layer = node.layer
    trains = training_of(node, False)
    if (
        trains
        or set(node.kwargs) - {"mask", "training"}
        or len(node.args) != 1
        or {layer.dtype.compute, layer.dtype.variable} != {"float32"}
    ):
        return None
    kernel = lower(layer)
    if isinstance(kernel, Routine) or kernel is None:
        return kernel
    sources = list(refs(node.args))
    outside = [model.nodes[ref.node].layer for ref in sources if model.nodes[ref.node].is_input]
    if any(entry.dtype.compute != "float32" for entry in outside):
        return None
    shapes: set[Any] = {model.shapes.get(ref) for ref in sources}
    return kernel if isinstance(kernel, Sum) == (len(sources) > 1) and len(shapes) == 1 else None
