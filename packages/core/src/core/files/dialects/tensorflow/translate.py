"""TensorFlow functions that Keras 2 wrote as layers (TFOpLambda): those of a closed table become operations of Keras 3.

``x + 1`` was ``{"class_name": "TFOpLambda", "config": {"function": "__operators__.add"}}``. Nothing is looked up in
TensorFlow: a function that the table does not name, or an option that its row does not know, is refused by its name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects.tensorflow.calls import Given, operations
from core.files.dialects.tensorflow.functions import FUNCTIONS
from core.files.dialects.tensorflow.nodes import as_function, is_node

#: What TensorFlow lets a call say that changes nothing.
_SAYS_NOTHING = ("name",)
#: Of a shape that is computed, one size may stay open: it follows from the others.
_SHAPED = ("reshape", "compat.v1.reshape")
_WITHOUT_TABLE = {
    "ClassMethod": "it calls a method of a TensorFlow class",
    "InstanceMethod": "it calls a method of a TensorFlow object",
    "InstanceProperty": "it reads a property of a TensorFlow object",
}


def is_function(entry: Any) -> bool:
    """Return whether a layer of a config is a TensorFlow function."""
    return isinstance(entry, dict) and entry.get("class_name") in {"TFOpLambda", "SlicingOpLambda"}


def translate_functions(entries: Sequence[dict[str, Any]], outputs: Any) -> list[dict[str, Any]]:
    """Return the layers of a Functional model with its TensorFlow functions as operations and layers of Keras 3."""
    for entry in entries:
        if entry.get("class_name") in _WITHOUT_TABLE:
            raise UnsupportedLayerError(
                f"layer {entry['class_name']} {entry.get('name', '')!r} is refused: "
                f"{_WITHOUT_TABLE[entry['class_name']]}; build the model again with layers"
            )
    entries = _with_shapes([as_function(entry) if is_node(entry) else entry for entry in entries])
    if not any(map(is_function, entries)):
        return list(entries)
    opened = [_with_open_size(entry) for entry in entries]
    return [step for entry in _needed(opened, outputs) for step in (_steps(entry) if is_function(entry) else [entry])]


def _with_shapes(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put a shape that a node packs of sizes, some of them computed, into the reshape that takes it."""
    packed = {entry.get("name"): _call(entry)["args"][0] for entry in entries if _function(entry) == "stack"}

    def spread(entry: dict[str, Any]) -> dict[str, Any]:
        if _function(entry) not in _SHAPED:
            return entry
        call = _call(entry)
        made_by = next(_names(_histories(call["kwargs"].get("shape"))), None)
        if made_by not in packed:
            return entry
        return entry | {"inbound_nodes": [call | {"kwargs": call["kwargs"] | {"shape": packed[made_by]}}]}

    return [spread(entry) for entry in entries]


def _function(entry: dict[str, Any]) -> Any:
    """Return the name of the function that a layer calls once; None for other layers."""
    config, calls = entry.get("config"), entry.get("inbound_nodes")
    once = isinstance(calls, list) and len(calls) == 1 and isinstance(calls[0], dict)
    return config.get("function") if is_function(entry) and isinstance(config, dict) and once else None


def _call(entry: dict[str, Any]) -> Any:
    return entry["inbound_nodes"][0]


def _histories(tensor: Any) -> Any:
    config = tensor.get("config") if isinstance(tensor, dict) else None
    return config.get("keras_history") if isinstance(config, dict) else None


def _with_open_size(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave open the one size of a reshape that is computed (mostly the batch), so that nothing need compute it."""
    if _function(entry) not in _SHAPED:
        return entry
    call = _call(entry)
    shape = call["kwargs"].get("shape")
    if not isinstance(shape, list) or -1 in shape or sum(isinstance(size, dict) for size in shape) != 1:
        return entry
    kwargs = call["kwargs"] | {"shape": [-1 if isinstance(size, dict) else size for size in shape]}
    return entry | {"inbound_nodes": [call | {"kwargs": kwargs}]}


def _needed(entries: Sequence[dict[str, Any]], outputs: Any) -> list[dict[str, Any]]:
    """Leave out the functions of which no output is used any more."""
    kept = list(entries)
    while True:
        used = set(_names(outputs)) | {name for entry in kept for name in _names(entry.get("inbound_nodes"))}
        needed = [entry for entry in kept if not is_function(entry) or entry.get("name") in used]
        if len(needed) == len(kept):
            return needed
        kept = needed


def _names(nest: Any) -> Iterator[str]:
    """Go through the names of layers whose tensors stand in a nest."""
    waiting = [nest]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            if item and isinstance(item[0], str):
                yield item[0]
            waiting.extend(item)


def _steps(entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the operations that compute one function; the last one has its name."""
    config, calls, name = entry.get("config"), entry.get("inbound_nodes"), entry.get("name")
    function = config.get("function") if isinstance(config, dict) else None
    title = f"layer {entry['class_name']} {name!r}"
    if not isinstance(function, str) or function not in FUNCTIONS:
        raise UnsupportedLayerError(
            f"{title} is refused: the TensorFlow function {function!r} is not one that Kaca knows; "
            "open the model in Keras 2 and build it again with layers"
        )
    if not isinstance(calls, list) or len(calls) != 1 or not isinstance(name, str):
        raise UnsupportedLayerError(f"{title} must have a name and be called once")
    kwargs = {key: value for key, value in calls[0]["kwargs"].items() if key not in _SAYS_NOTHING}
    given = Given(title, calls[0]["args"][0], kwargs)
    steps = FUNCTIONS[function](given)
    left = {key: value for key, value in given.options.items() if value is not None}
    if left:
        key, value = next(iter(left.items()))
        raise UnsupportedLayerError(f"{title}: {key}={str(value)[:100]} of {function} is not supported")
    return list(operations(steps, name))
