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
    masks = _Masks(entries)

    def with_mask(call: Any) -> Any:
        if not isinstance(call, dict) or "initial_state" not in call["kwargs"] or "mask" in call["kwargs"]:
            return call
        mask = masks.of(call["args"][0])
        return call if mask is None else call | {"kwargs": call["kwargs"] | {"mask": mask}}

    renewed = [
        entry | {"inbound_nodes": [with_mask(call) for call in calls]}
        if isinstance(calls := entry.get("inbound_nodes"), list)
        else entry
        for entry in entries
    ]
    return renewed + masks.operations


class _Masks:
    """The masks of tensors, each computed once: by `operations`, which are added to the layers of the model."""

    def __init__(self, entries: Sequence[dict[str, Any]]) -> None:
        self.operations: list[dict[str, Any]] = []
        self._named = {entry.get("name"): entry for entry in entries}
        #: By the layer and the number of its call.
        self._known: dict[tuple[Any, Any], Any] = {}

    def of(self, given: Any) -> Any:
        """Return the mask of a tensor; None where it has none that one layer began."""
        passed: list[tuple[Any, Any]] = []
        found = None
        while True:
            try:
                name, number, output = given["config"]["keras_history"]
                entry = self._named[name]
                given = entry["inbound_nodes"][number]["args"][0]
            except (
                KeyError,
                IndexError,
                TypeError,
                ValueError,
            ):  # an input, several tensors, or what the model refuses
                break
            if output or (name, number) in self._known:
                found = None if output else self._known[name, number]
                break
            passed.append((name, number))
            self._known[name, number] = None  # also where the calls go round in a circle
            if steps := _beginning(entry, given):
                self.operations += operations(steps, f"{name}.mask_{number}")
                found = tensor(f"{name}.mask_{number}", 0, 0)
                break
            if entry["class_name"] == "Embedding" or not _passes(entry["class_name"]):
                break
        self._known |= dict.fromkeys(passed, found)
        return found


def _beginning(entry: Mapping[str, Any], given: Any) -> list[Step]:
    """Return the operations that compute the mask which a layer makes of its input; none where it makes none."""
    options = entry["config"]
    if entry["class_name"] == "Embedding" and options.get("mask_zero") is True:
        return [Step("NotEqual", [given, 0])]
    if entry["class_name"] == "Masking":
        return [
            Step("NotEqual", [given, options.get("mask_value", 0.0)]),
            Step("Any", [Step.BEFORE], {"axis": -1}),
        ]
    return []


def _passes(class_name: Any) -> bool:
    try:
        return find_layer(class_name).supports_masking
    except UnsupportedLayerError:
        return False
