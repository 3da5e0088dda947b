"""From a config to a graph of layers, after `core.files.dialects` put it into the words of Keras 3.

The shapes of all parameters follow from the config alone, before a byte of weights is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from core.errors import ModelFileError, UnsupportedLayerError
from core.files import dialects
from core.files.budget import MOST_LAYERS, MOST_TENSORS, MOST_VALUES
from core.graph.network import Network
from core.layers.registry import build_layer, is_layer


def build_network(config: Mapping[str, Any], keras_version: str) -> Network:
    """Build the model that a file describes, with the shapes of its parameters but without their values."""
    _refuse_endless(config)
    config = dialects.modernize(config, keras_version)
    model = build_layer(config)
    if not isinstance(model, Network):
        raise ModelFileError(
            f"the file holds a single layer ({type(model).__name__}), expected a Sequential or Functional model"
        )
    model.build()
    return model


#: Options that hold descriptions of other things than layers.
_OF_PARAMETERS = ("_initializer", "_regularizer", "_constraint", "dtype")


def _refuse_endless(config: Mapping[str, Any]) -> None:
    """Raise `UnsupportedLayerError` for more layers, tensors and values than are built in a second or two, before any is."""
    layers = tensors = values = 0
    waiting: list[tuple[Any, int, bool]] = [(config, 1, True)]
    while waiting:
        nest, weight, holds_layers = waiting.pop()
        if isinstance(nest, Mapping):
            name = nest.get("class_name")
            if name == "__keras_tensor__":
                tensors += 1
                continue
            described = holds_layers and isinstance(name, str) and isinstance(nest.get("config"), Mapping | list)
            layers += described and is_layer(name)
            values += 2 * len(nest)
            waiting += (
                (value, 3 if key == "inbound_nodes" else weight, holds_layers and not str(key).endswith(_OF_PARAMETERS))
                for key, value in nest.items()
                if isinstance(value, Mapping | list)
            )
        elif len(nest) in {3, 4} and isinstance(nest[0], str) and isinstance(nest[1], int):
            tensors += 1
        else:
            inner = [(item, weight, holds_layers) for item in nest if isinstance(item, Mapping | list)]
            values += weight * (len(nest) - len(inner))
            waiting += inner
    if layers / MOST_LAYERS + tensors / MOST_TENSORS + values / MOST_VALUES > 1:
        raise UnsupportedLayerError(
            f"the config describes {layers:,} layers, called with {tensors:,} tensors, and holds {values:,} values; "
            f"allowed are {MOST_LAYERS:,}, {MOST_TENSORS:,} or {MOST_VALUES:,}, or parts of each"
        )


def entries(config: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Go through the layers that a model's config lists, those of models within it included."""
    for entry in listed(config):
        if isinstance(entry, Mapping):
            yield entry
            yield from entries(entry)


def listed(config: Mapping[str, Any]) -> list[Any]:
    """Return the layers that a model's config lists; a layer's lists none."""
    inner = config.get("config")
    layers = inner.get("layers") if isinstance(inner, Mapping) else None
    return layers if isinstance(layers, list) else []
