"""From a config to a graph of layers: the model's own description, after the older dialects were put into today's.

The shapes of all parameters follow from the config alone, before a byte of weights is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import ModelFileError, UnsupportedLayerError
from core.model import MOST_APPLICATIONS, Model
from core.registry import build_layer


def build_model(config: Mapping[str, Any], keras_version: str) -> Model:
    """Build the model that a file describes, with the shapes of its parameters but without their values."""
    if sum(1 for _ in entries(config)) > MOST_APPLICATIONS:
        raise UnsupportedLayerError(f"the model lists more than {MOST_APPLICATIONS:,} layers")
    config = modernise(config, keras_version)
    model = build_layer(config)
    if not isinstance(model, Model):
        raise ModelFileError(
            f"the file holds a single layer ({type(model).__name__}), expected a Sequential or Functional model"
        )
    model.build()
    return model


def entries(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Go through the layers that a model's config lists, those of models within it included."""
    for entry in listed(config):
        if isinstance(entry, Mapping):
            yield entry
            yield from entries(entry)


def listed(config: Mapping[str, Any]) -> list[Any]:
    """Give the layers that a model's config lists; a layer's lists none."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    return layers if isinstance(layers, list) else []


def modernise(config: Mapping[str, Any], keras_version: str) -> Mapping[str, Any]:
    """Put the config of an older Keras into the words of Keras 3; that of a newer one stays as it is."""
    modern: Mapping[str, Any] = _modernise(config) if keras_version.split(".", maxsplit=1)[0] in {"1", "2"} else config
    return modern


def _modernise(entry: Any) -> Any:
    """Put a Keras 2 config into the words of Keras 3, wherever in the nest it stands."""
    if isinstance(entry, list):
        return [_modernise(item) for item in entry]
    if not isinstance(entry, dict):
        return entry
    entry = {key: _modernise(value) for key, value in entry.items()}
    inner = entry.get("config")
    if "class_name" in entry and isinstance(inner, dict):
        entry["config"] = inner = _modernise_layer(str(entry["class_name"]), inner)
        if entry["class_name"] == "Sequential" and isinstance(inner.get("layers"), list):
            inner["layers"] = _with_input_layer(inner["layers"])
        if entry["class_name"] in {"Model", "Functional"}:
            entry["class_name"] = "Functional"
            _count_from_zero(inner)
    return entry


def _count_from_zero(inner: dict[str, Any]) -> None:
    """Count the calls of a nested model from 0, as Keras 3 does; Keras 2 counted its own making as call 0.

    Keras 3 still does so for a Functional model where it names the outputs of the model around it.
    """
    entries = [entry for entry in inner.get("layers") or [] if isinstance(entry, dict)]
    kinds = {str(entry.get("name")): entry.get("class_name") for entry in entries}

    def shift(nest: Any, of: set[str]) -> Any:
        if not isinstance(nest, list):
            return nest
        if len(nest) in {3, 4} and isinstance(nest[0], str) and isinstance(nest[1], int):
            return [nest[0], nest[1] - 1, *nest[2:]] if kinds.get(nest[0]) in of and nest[1] > 0 else nest
        return [shift(item, of) for item in nest]

    for entry in entries:
        if "inbound_nodes" in entry:
            entry["inbound_nodes"] = shift(entry["inbound_nodes"], {"Sequential", "Functional"})
    if "output_layers" in inner:
        inner["output_layers"] = shift(inner["output_layers"], {"Sequential"})


def _modernise_layer(class_name: str, config: dict[str, Any]) -> dict[str, Any]:
    renamed = dict(config)
    if class_name == "InputLayer" and "batch_input_shape" in renamed:
        renamed["batch_shape"] = renamed.pop("batch_input_shape")
    if renamed.get("time_major") is False:
        del renamed["time_major"]
    if class_name == "BatchNormalization" and isinstance(renamed.get("axis"), list) and len(renamed["axis"]) == 1:
        renamed["axis"] = renamed["axis"][0]
    for option in ("activation", "recurrent_activation"):
        if renamed.get(option) == "hard_sigmoid":
            renamed[option] = "hard_sigmoid_keras2"
    return renamed


def _with_input_layer(layers: list[Any]) -> list[Any]:
    """Move the input shape, which Keras 2 kept in the options of the first layer, to an InputLayer before it."""
    modern: list[Any] = []
    for entry in layers:
        inner = entry.get("config") if isinstance(entry, dict) else None
        if not isinstance(inner, dict):
            raise UnsupportedLayerError(f"a layer must have a class_name and a config, got {str(entry)[:200]}")
        if "batch_input_shape" in inner:
            inner = dict(inner)
            shape = inner.pop("batch_input_shape")
            if not modern:
                options = {"batch_shape": shape, "name": "input"}
                modern.append({"class_name": "InputLayer", "config": options})
        modern.append(entry | {"config": inner})
    return modern
