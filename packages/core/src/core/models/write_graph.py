"""The graph of a Functional model in the words of Keras 3: each layer with the calls made of it, each tensor by its history.

It is written from the nodes themselves, so it is the same whatever dialect of Keras the graph was read from.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from core.arrays import Shape
from core.errors import InputError
from core.graph.nodes import Always, Node, Ref
from core.layers.base import Layer

#: Turns a tensor into the words for it.
Words = Callable[[Ref], Any]


def write_calls(nodes: Sequence[Node], shapes: Mapping[Ref, Shape]) -> dict[int, list[Any]]:
    """Return the calls of each layer, by its id, as Keras writes ``inbound_nodes``."""
    numbers = number_calls(nodes)
    calls: dict[int, list[Any]] = {}

    def tensor(ref: Ref) -> Any:
        layer = nodes[ref.node].layer
        config = {
            "shape": list(shapes.get(ref, (None,))),
            "dtype": layer.dtype.compute,
            "keras_history": [layer.name, numbers[ref.node], ref.output],
        }
        return {"class_name": "__keras_tensor__", "config": config}

    for node in nodes:
        made = calls.setdefault(id(node.layer), [])
        if not node.is_input:
            args, kwargs = node.layer.written_call(node.args, node.kwargs)
            if isinstance(kwargs.get("training"), Always):
                kwargs = kwargs | {"training": _recorded(node.layer, kwargs["training"])}
            # Layers take no arrays of NumPy beside tensors; raw operations may look at the values of an array.
            array = "__tensor__" if node.layer.file_format.numbered else "__numpy__"
            made.append({"args": _argument(list(args), tensor, array), "kwargs": _argument(kwargs, tensor, array)})
    return calls


def _recorded(layer: Layer, record: Always) -> bool:
    """Return the ``training`` to write for a record that always holds: Keras 3 predicts with False, whatever it says.

    Raises `InputError` where that gives other numbers. What draws at random does so for a generator alone, here too.
    """
    trains = [
        part for _, part in layer.walk() if "training" in part.call_arguments and "rng" not in part.call_arguments
    ]
    if record.value and trains:
        raise InputError(
            f"{layer} cannot be written for Keras 3: a file of Keras 2 says that {trains[0]} always trains, and Keras 3 "
            "predicts with training=False; save its weights alone"
        )
    return record.value


def number_calls(nodes: Sequence[Node]) -> list[int]:
    """Return for each node how many calls of its layer come before it."""
    counts: Counter[int] = Counter()
    numbers = []
    for node in nodes:
        numbers.append(counts[id(node.layer)])
        counts[id(node.layer)] += 1
    return numbers


def _argument(value: Any, tensor: Words, array: str) -> Any:
    """Write one argument of a call: tensors, constants, and nests of both; `array` is Keras' word for a constant array."""
    if isinstance(value, Ref):
        return tensor(value)
    if isinstance(value, dict):
        return {key: _argument(item, tensor, array) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_argument(item, tensor, array) for item in value]
    return _constant(value, array)


def _constant(value: Any, array: str) -> Any:
    if isinstance(value, slice):
        parts = {part: _constant(getattr(value, part), array) for part in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, np.ndarray | np.generic):
        kind = array if value.ndim else "__tensor__"  # Keras takes an array without axes for a plain number
        return {"class_name": kind, "config": {"value": value.tolist(), "dtype": str(value.dtype)}}
    return value


def write_tensors(nest: Any, nodes: Sequence[Node], first_call: Callable[[Layer], int]) -> Any:
    """Write inputs or outputs: ``[layer, call, output]`` each. `first_call` tells from which number Keras counts there."""
    if isinstance(nest, Ref):
        layer = nodes[nest.node].layer
        return [layer.name, number_calls(nodes)[nest.node] + first_call(layer), nest.output]
    if isinstance(nest, dict):
        return {key: write_tensors(item, nodes, first_call) for key, item in nest.items()}
    return [write_tensors(item, nodes, first_call) for item in nest]
