"""A Sequential model: the graph that is a line, each layer taking what the one before it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

from core.errors import UnsupportedLayerError
from core.graph import Node, Ref
from core.input_layer import InputLayer
from core.layer import Layer
from core.model import Model
from core.registry import build_layer


class Sequential(Model):
    """y = layer_n(... layer_2(layer_1(x))).

    `batch_shape` is the shape of x with the batch (None) in front, for when the first layer is no InputLayer; x has the
    type that the first layer takes. A first layer over strings needs no shape: it takes one string a row.
    Source: https://keras.io/guides/sequential_model/
    """

    home = "keras"

    def __init__(
        self, layers: Sequence[Layer], batch_shape: Any = None, name: str = "sequential", **common: Any
    ) -> None:
        rest = list(layers)
        entry = rest.pop(0) if rest and isinstance(rest[0], InputLayer) else _input_of(rest, batch_shape)
        nodes = [Node(entry)] + [Node(layer, (Ref(index),)) for index, layer in enumerate(rest)]
        super().__init__(rest, nodes, Ref(0), Ref(len(rest)), name=name, **common)

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Build the layers; the last one may give several outputs, the others one."""
        super().build(*shapes, **named_shapes)
        last = len(self.nodes) - 1
        outputs = {index: [ref for ref in self.shapes if ref.node == index] for index in range(last + 1)}
        several = next((index for index in range(last) if len(outputs[index]) > 1), None)
        if several is not None:
            raise UnsupportedLayerError(
                f"{self}: {self.nodes[several].layer} gives several outputs, of which the next layer can take one"
            )
        if len(outputs[last]) > 1:
            self.outputs = outputs[last]

    def get_config(self) -> dict[str, Any]:
        """Give the config it was read from, or that of the line as it was put together."""
        if not all(isinstance(entry, Layer) for entry in self.config["layers"]):
            return super().get_config()
        return {"name": self.name, "layers": [node.layer for node in self.nodes]}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the line that a Keras config describes."""
        name, entries = config.get("name", "sequential"), config.get("layers")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise UnsupportedLayerError(f"Sequential {name!r} must list its layers, got {str(entries)[:200]}")
        layers = [build_layer(entry) for entry in entries]
        shape = config.get("build_input_shape")
        if shape is None and not (layers and isinstance(layers[0], InputLayer)):
            raise UnsupportedLayerError(
                f"Sequential {name!r} says no input shape: build the model in Keras before saving it"
            )
        known = {key: config[key] for key in ("trainable", "dtype") if key in config}
        model = super().from_config({"layers": layers, "batch_shape": shape, "name": name} | known)
        model.config = dict(config)
        return model


def _input_of(layers: list[Layer], batch_shape: Any) -> InputLayer:
    """Return the input of a line of layers, of the type that its first layer takes."""
    dtype = (layers[0].input_dtype or layers[0].dtype.compute) if layers else None
    return InputLayer(
        (None, 1) if batch_shape is None and dtype == "string" else batch_shape, name="input", dtype=dtype
    )
