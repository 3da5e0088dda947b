"""A layer in the words of Keras 3, as `config.json` holds it, whatever words it was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.dtypes import DTypePolicy, policy
from core.errors import InputError
from core.files import dialects
from core.layers.base import Layer
from core.layers.registry import build_layer, known_class

_POLICIES = frozenset({"DTypePolicy", "Policy"})
_PLAIN = (str, bool, int, float, type(None))


@dataclass(frozen=True)
class Member:
    """A layer in the config of a model: `calls` are what was made of it in a graph, None in a line of layers.

    `frozen` tells that the model around it does not learn. Keras says so of each of its layers.
    """

    layer: Layer
    frozen: bool
    calls: list[Any] | None = None


def serialize(layer: Layer, frozen: bool = False) -> dict[str, Any]:
    """Return ``{"module", "class_name", "config", "registered_name"}``, and what the file said of building and compiling.

    Raises `InputError` for a layer that Keras 3 does not have, and for an option that JSON cannot hold.
    """
    form = layer.file_format
    if form.unwritable is not None:
        raise InputError(f"{layer} cannot be written for Keras 3: {form.unwritable}; save its weights alone")
    kind = form.name or (form.registered_name or type(layer).__name__).split(">")[-1]
    config = {
        key: dialects.in_layers(layer.dtype.name)
        if isinstance(value, str) and value == dialects.HARD_SIGMOID
        else plain(value, f"{layer}: option {key}", frozen)
        for key, value in layer.get_config().items()
        if key not in form.omitted
    }
    if frozen and "trainable" in config:
        config["trainable"] = False
    registered = None if form.module.split(".")[0] == "keras" else kind
    entry = {
        "module": form.module,
        "class_name": kind,
        "config": config,
        "registered_name": registered,
    } | layer.kept
    return entry | ({"module": None, "registered_name": form.registered_name} if form.registered_name else {})


def plain(value: Any, what: str, frozen: bool = False) -> Any:
    """Turn an option into what JSON can hold; `what` names it in errors."""
    if isinstance(value, Layer | Member):
        return _serialize_inner(value, frozen)
    if isinstance(value, Mapping):
        if value.get("class_name") in _POLICIES:
            return policy(value).name
        if known_class(value) is not None:
            return serialize(build_layer(value), frozen)
        return {key: plain(item, what, frozen) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, what, frozen) for item in value]
    return _leaf(value, what)


def _serialize_inner(value: Layer | Member, frozen: bool) -> dict[str, Any]:
    if isinstance(value, Layer):
        return _uncompiled(serialize(value, frozen))
    entry = _uncompiled(serialize(value.layer, frozen or value.frozen))
    return entry if value.calls is None else entry | {"name": value.layer.name, "inbound_nodes": value.calls}


def _uncompiled(entry: dict[str, Any]) -> dict[str, Any]:
    """Leave out how a model inside another was compiled: only the outer one is trained."""
    return {key: value for key, value in entry.items() if key != "compile_config"}


def _leaf(value: Any, what: str) -> Any:
    if isinstance(value, DTypePolicy):
        return value.name
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if not isinstance(value, _PLAIN):
        raise InputError(
            f"{what} is {value!r}, which a file cannot hold: give its name, or a dict as Keras' configs do"
        )
    return value
