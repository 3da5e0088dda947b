"""A Functional model: a graph in which any layer may take the output of any other, and be applied more than once.

A config lists the layers, each with the calls that were made of it; a tensor is named by layer, call and output. The
calls are put in an order in which they can run; a call that never becomes possible means a loop, and is an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, Self

from core.errors import UnsupportedLayerError
from core.files.serialization import Member
from core.graph.names import check_names
from core.graph.nodes import Node, Ref, refs
from core.keras_ops.operation import Operation
from core.layers.base import Layer
from core.layers.file_format import FileFormat
from core.layers.input_layer import InputLayer
from core.layers.registry import build_layer
from core.models.calls import Call, History, histories, read_call, read_outputs
from core.models.model import Model
from core.models.written_graph import write_calls, write_tensors
from core.nests import map_nest

#: What Keras calls the first argument of its layers.
_FIRST_ARGUMENTS = ("inputs", "sequences", "sequence", "x", "images", "data", "query")


class Functional(Model):
    """outputs = the tensors named by `outputs`, after every node has been applied once.

    Source: https://keras.io/guides/functional_api/
    """

    file_format = FileFormat(module="keras.src.models.functional")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the graph that a Keras config describes, in the words of Keras 3 or 2."""
        name, entries = config.get("name", "functional"), config.get("layers")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise UnsupportedLayerError(f"model {name!r} must list its layers, got {str(entries)[:200]}")
        layers: dict[str, Layer] = {}
        calls: dict[str, list[Call]] = {}
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
            calls[key] = [read_call(call) for call in _list(entry.get("inbound_nodes", []))] or [Call((), {})]
        inputs, outputs = read_outputs(config.get("input_layers")), read_outputs(config.get("output_layers"))
        _count_calls_from_zero(layers, outputs)
        nodes, places = _order(layers, calls)

        def place(leaf: Any) -> Any:
            return _find(places, leaf) if isinstance(leaf, History) else leaf

        known = {key: config[key] for key in ("trainable", "dtype") if key in config}
        model = cls(
            list(layers.values()),
            nodes,
            _only_input(map_nest(place, inputs)),
            _only_output(map_nest(place, outputs)),
            name=str(name),
            **known,
        )
        if not all(
            model.nodes[ref.node].is_input and isinstance(model.nodes[ref.node].layer, InputLayer)
            for ref in refs(model.inputs)
        ):
            raise UnsupportedLayerError(f"model {name!r}: its inputs must be InputLayers")
        model.list_layers(list(layers.values()))  # the file numbers its weights in its own order
        return model

    def get_config(self) -> dict[str, Any]:
        """Return the graph in the words of Keras 3."""
        check_names(self.layers)
        calls = write_calls(self.nodes, self.shapes)
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [Member(layer, not self.trainable, calls.get(id(layer), [])) for layer in self.layers],
            "input_layers": write_tensors(self.inputs, self.nodes, lambda _: 0),
            "output_layers": write_tensors(self.outputs, self.nodes, lambda layer: int(isinstance(layer, Functional))),
        }


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


def _count_calls_from_zero(layers: dict[str, Layer], outputs: Any) -> None:
    """Shift outputs of a nested Functional model down by one: there alone, Keras counts its own making as call 0."""
    for item in histories(outputs):
        if isinstance(layers.get(item.layer), Functional) and item.call:
            item.call -= 1


def _order(layers: dict[str, Layer], calls: dict[str, list[Call]]) -> tuple[list[Node], dict[tuple[str, int], int]]:
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
    places: dict[tuple[str, int], int] = {}

    def place(leaf: Any) -> Any:
        return _find(places, leaf) if isinstance(leaf, History) else leaf

    while ready:
        call = name, number = listed[heappop(ready)]
        made = calls[name][number]
        places[call] = len(nodes)
        args, kwargs = _first_in_front(layers[name], made)
        nodes.append(Node(layers[name], map_nest(place, args), map_nest(place, kwargs)))
        for user in users.get(call, ()):
            missing[user].remove(call)
            if not missing[user]:
                heappush(ready, rank[user])
    if len(nodes) < len(listed):
        left = next(name for name, number in listed if (name, number) not in places)
        raise UnsupportedLayerError(f"the graph has a loop or names a tensor that nothing makes, at {left!r}")
    return nodes, places


def _first_in_front(layer: Layer, call: Call) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments of a call, the first one without its keyword: Keras calls it otherwise than our layers."""
    if call.args or not call.kwargs or isinstance(layer, Operation):
        return call.args, call.kwargs
    own = layer.call_arguments[:1]
    first = next((name for name in (*own, *_FIRST_ARGUMENTS) if name in call.kwargs), None)
    if first is None:
        raise UnsupportedLayerError(f"{layer} is called without its input: its arguments are {', '.join(call.kwargs)}")
    return (call.kwargs[first],), {name: value for name, value in call.kwargs.items() if name != first}


def _sources(call: Call) -> Iterator[tuple[str, int]]:
    """Name the calls whose tensors a call takes."""
    return ((item.layer, item.call) for item in histories(call.args, call.kwargs))


def _find(places: dict[tuple[str, int], int], item: History) -> Ref:
    if (item.layer, item.call) not in places:
        raise UnsupportedLayerError(f"the graph names call {item.call} of layer {item.layer!r}, which is not there")
    return Ref(places[item.layer, item.call], item.output)
