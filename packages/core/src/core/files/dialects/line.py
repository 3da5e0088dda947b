"""The line of layers of an older Sequential: a bare list until Keras 2.2.2, its input shape in the first layer's options."""

from __future__ import annotations

from typing import Any

from core.errors import UnsupportedLayerError


def line_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Return the config of a Sequential as Keras 3 writes it: a dict, with an InputLayer where the input shape is known."""
    config = entry["config"]
    if isinstance(config, list):
        config = {"name": str(entry.get("name") or "sequential"), "layers": config}
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        return config  # the model says what is wrong
    layers = config["layers"]
    for layer in layers:
        if not isinstance(layer, dict) or "class_name" not in layer or not isinstance(layer.get("config"), dict | list):
            raise UnsupportedLayerError(f"a layer must have a class_name and a config, got {str(layer)[:200]}")
    if layers and layers[0]["class_name"] != "InputLayer":
        shape = _input_shape(layers[0])
        if shape is not None:
            options = {"batch_shape": shape, "name": "input"} | _input_type(layers[0])
            layers = [{"class_name": "InputLayer", "config": options}, *layers]
    return config | {"layers": layers}


def _input_shape(layer: Any) -> Any:
    """Return the input shape in the options of a layer, or of the first layer of a model within; None where it says none."""
    config = layer.get("config") if isinstance(layer, dict) else None
    if isinstance(config, dict):
        said = config.get("batch_input_shape", config.get("batch_shape"))
        if said is not None:
            return said
    layers = config.get("layers") if isinstance(config, dict) else config
    if not isinstance(layers, list):
        return None
    if isinstance(config, dict) and "input_layers" in config:  # a Functional: a line takes one input
        layers = [one for one in layers if isinstance(one, dict) and one.get("class_name") == "InputLayer"]
        return _input_shape(layers[0]) if len(layers) == 1 else None
    return _input_shape(layers[0]) if layers else None


def _input_type(layer: dict[str, Any]) -> dict[str, Any]:
    """Return the type of the input where the first layer takes another than the numbers it computes in."""
    config = layer["config"]
    dtype = config.get("dtype") if isinstance(config, dict) else None
    return {"dtype": "string"} if dtype == "string" or layer["class_name"] == "TextVectorization" else {}
