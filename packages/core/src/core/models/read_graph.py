"""From the config of a Functional model to its graph.

A config lists the layers, each with the calls that were made of it; a tensor is named by layer, call and output. The
calls are put in an order in which they can run; a call that never becomes possible means a loop, and is an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Any

from core.errors import UnsupportedLayerError
from core.graph.nodes import Node, Ref, refs
from core.layers.base import Layer
from core.layers.input_layer import InputLayer
from core.layers.registry import build_layer
from core.models.read_calls import History, RecordedCall, histories, read_call, read_outputs
from core.nests import map_nest

#: What Keras calls the first argument of its layers.
_FIRST_ARGUMENTS = ("inputs", "sequences", "sequence", "x", "images", "data", "query")


@dataclass(frozen=True)
class ReadGraph:
    """What a config describes: the layers in its order, the nodes in one that can run, the tensors that go in and out."""

    layers: list[Layer]
    nodes: list[Node]
    inputs: Any
    outputs: Any


def read_graph(config: Mapping[str, Any], *, counts_own_making: Callable[[Layer], bool]) -> ReadGraph:
    """Build the layers of a config, and the graph of their calls.

    `counts_own_making` tells for which layers Keras counts their own making as call 0 where outputs are named.
    Raises `UnsupportedLayerError` for a config that describes no graph.
    """
    name, entries = config.get("name", "functional"), config.get("layers")
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
        raise UnsupportedLayerError(f"model {name!r} must list its layers, got {str(entries)[:200]}")
    layers: dict[str, Layer] = {}
    calls: dict[str, list[RecordedCall]] = {}
    names: set[str] = set()
    for entry in entries:
        layer = build_layer(entry)
        key = entry.get("name", layer.name)
        if not isinstance(key, str) or key in layers:
            raise UnsupportedLayerError(f"model {name!r} must give each layer a name of its own, got {key!r}")
        if not layer.is_named or layer.name in names:
            layer.name, layer.is_named = key, True
        layers[key] = layer
        names.add(layer.name)
        calls[key] = [read_call(call) for call in _list(entry.get("inbound_nodes", []))] or [RecordedCall((), {})]
    inputs, outputs = read_outputs(config.get("input_layers")), read_outputs(config.get("output_layers"))
    for item in histories(outputs):
        if item.call and item.layer in layers and counts_own_making(layers[item.layer]):
            item.call -= 1
    nodes, positions = _order(layers, calls)
    inputs = _only_input(_named(inputs, positions))
    if not all(nodes[ref.node].is_input and isinstance(nodes[ref.node].layer, InputLayer) for ref in refs(inputs)):
        raise UnsupportedLayerError(f"model {name!r}: its inputs must be InputLayers")
    return ReadGraph(list(layers.values()), nodes, inputs, _only_output(_named(outputs, positions)))


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise UnsupportedLayerError(f"inbound_nodes must be a list, got {str(value)[:200]}")
    return value


def _only_input(nest: Any) -> Any:
    """Return the input of a list of one, which takes an array as it is; other nests as they are."""
    return nest[0] if isinstance(nest, list) and len(nest) == 1 and isinstance(nest[0], Ref) else nest


def _only_output(nest: Any) -> Any:
    """Return what a list of one output holds, as Keras does when a model runs; a dict of one stays a dict."""
    return nest[0] if isinstance(nest, list) and len(nest) == 1 else nest


def _order(
    layers: dict[str, Layer], calls: dict[str, list[RecordedCall]]
) -> tuple[list[Node], dict[tuple[str, int], int]]:
    """Put the calls in an order in which each comes after those it takes its tensors from; else as they are listed."""
    listed = [(name, number) for name, made in calls.items() for number in range(len(made))]
    rank = {call: index for index, call in enumerate(listed)}
    missing = {call: set(_sources(calls[call[0]][call[1]])) for call in listed}
    users: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for call, sources in missing.items():
        for source in sources:
            users.setdefault(source, []).append(call)
    ready = [rank[call] for call, sources in missing.items() if not sources]
    nodes: list[Node] = []
    positions: dict[tuple[str, int], int] = {}
    while ready:
        call = name, number = listed[heappop(ready)]
        made = calls[name][number]
        positions[call] = len(nodes)
        args, kwargs = _first_in_front(layers[name], made)
        nodes.append(Node(layers[name], _named(args, positions), _named(kwargs, positions)))
        for user in users.get(call, ()):
            missing[user].remove(call)
            if not missing[user]:
                heappush(ready, rank[user])
    if len(nodes) < len(listed):
        left = next(name for name, number in listed if (name, number) not in positions)
        raise UnsupportedLayerError(f"the graph has a loop or names a tensor that nothing makes, at {left!r}")
    return nodes, positions


def _first_in_front(layer: Layer, call: RecordedCall) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call, the first one without its keyword: Keras calls it otherwise than our layers."""
    if call.args or not call.kwargs or not layer.file_format.numbered:
        return call.args, call.kwargs
    own = layer.call_arguments[:1]
    first = next((name for name in (*own, *_FIRST_ARGUMENTS) if name in call.kwargs), None)
    if first is None:
        raise UnsupportedLayerError(f"{layer} is called without its input: its arguments are {', '.join(call.kwargs)}")
    return (call.kwargs[first],), {name: value for name, value in call.kwargs.items() if name != first}


def _sources(call: RecordedCall) -> Iterator[tuple[str, int]]:
    """Name the calls whose tensors a call takes."""
    return ((item.layer, item.call) for item in histories(call.args, call.kwargs))


def _named(nest: Any, positions: dict[tuple[str, int], int]) -> Any:
    """Return a nest with the name in the graph for each tensor that the config names."""

    def ref(leaf: Any) -> Any:
        if not isinstance(leaf, History):
            return leaf
        if (leaf.layer, leaf.call) not in positions:
            raise UnsupportedLayerError(f"the graph names call {leaf.call} of layer {leaf.layer!r}, which is not there")
        return Ref(positions[leaf.layer, leaf.call], leaf.output)

    return map_nest(ref, nest)
