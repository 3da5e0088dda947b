"""From a config to a graph of layers, after `core.files.dialects` put the words of older versions into today's.

The shapes of all parameters follow from the config alone, before a byte of weights is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import ModelFileError, UnsupportedLayerError
from core.files.dialects import modernise
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
    layers = inner.get("layers") if isinstance(inner, Mapping) else inner  # until Keras 2.2.2, a Sequential was a list
    return layers if isinstance(layers, list) else []
