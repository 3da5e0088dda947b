"""Masks of sequences whose states are given: Keras 2 obeyed them, Keras 3 passes a mask on to a layer of one tensor alone.

So the mask is computed again from where it began, and given by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from core.errors import UnsupportedLayerError
from core.files.dialects.tensorflow.calls import Step, operations, tensor
from core.layers.registry import find_layer


def name_masks(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the layers of a Functional model; those that start from given states are called with the mask of their input."""
    named = {entry.get("name"): entry for entry in entries}
    made: list[dict[str, Any]] = []

    def with_mask(entry: dict[str, Any], number: int, call: Any) -> Any:
        if not isinstance(call, dict) or "initial_state" not in call["kwargs"] or "mask" in call["kwargs"]:
            return call
        name = f"{entry['name']}.mask_{number}"
        steps = list(operations(_mask_of(call["args"][0], named), name))
        made.extend(steps)
        return call | {"kwargs": call["kwargs"] | {"mask": tensor(name, 0, 0)}} if steps else call

    renewed = [
        entry | {"inbound_nodes": [with_mask(entry, number, call) for number, call in enumerate(calls)]}
        if isinstance(calls := entry.get("inbound_nodes"), list)
        else entry
        for entry in entries
    ]
    return renewed + made


def _mask_of(given: Any, named: Mapping[Any, dict[str, Any]]) -> list[Step]:
    """Return the operations that compute the mask of a tensor; none where it has none that one layer began."""
    for _ in named:
        try:
            name, number, output = given["config"]["keras_history"]
            entry = named[name]
            source = entry["inbound_nodes"][number]["args"][0]
        except (KeyError, IndexError, TypeError, ValueError):  # an input, several tensors, or what the model refuses
            return []
        options = entry["config"]
        if entry["class_name"] == "Embedding":
            return [Step("NotEqual", [source, 0])] if options.get("mask_zero") is True else []
        if entry["class_name"] == "Masking":
            differs = Step("NotEqual", [source, options.get("mask_value", 0.0)])
            return [differs, Step("Any", [Step.BEFORE], {"axis": -1})]
        if output or not _passes(entry["class_name"]):
            return []
        given = source
    return []


def _passes(class_name: Any) -> bool:
    try:
        return find_layer(class_name).supports_masking
    except UnsupportedLayerError:
        return False
