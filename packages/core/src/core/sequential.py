"""A Sequential model: the graph that is a line, each layer taking what the one before it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self, cast

from core.descriptions import Member
from core.errors import InputError, UnsupportedLayerError
from core.graph import Node, Ref
from core.input_layer import InputLayer
from core.layer import Layer
from core.model import Model
from core.names import check_names, separate_names
from core.registry import build_layer


class Sequential(Model):
    """y = layer_n(... layer_2(layer_1(x))).

    `batch_shape` is the shape of x with the batch (None) in front, for when the first layer is no InputLayer; x has the
    type that the first layer takes. A first layer over strings needs no shape: it takes one string a row.
    Source: https://keras.io/guides/sequential_model/
    """

    home = "keras"

    def __init__(
        self, layers: Sequence[Layer], batch_shape: Any = None, name: str | None = None, **common: Any
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
        """Return the config of the line: its layers, the input in front."""
        layers = [node.layer for node in self.nodes]
        check_names(layers)
        if len({id(layer) for layer in layers}) < len(layers):
            raise InputError(f"{self} applies a layer twice, which Keras cannot write: build a Functional instead")
        members = [Member(layer, not self.trainable) for layer in layers]
        shape = cast(InputLayer, layers[0]).batch_shape
        return {"name": self.name, "trainable": self.trainable, "layers": members, "build_input_shape": shape}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the line that a Keras config describes."""
        name, entries = config.get("name", "sequential"), config.get("layers")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise UnsupportedLayerError(f"Sequential {name!r} must list its layers, got {str(entries)[:200]}")
        layers = [build_layer(entry) for entry in entries]
        separate_names(layers)
        shape = config.get("build_input_shape")
        if shape is None and not (layers and isinstance(layers[0], InputLayer)):
            raise UnsupportedLayerError(
                f"Sequential {name!r} says no input shape: build the model in Keras before saving it"
            )
        known = {key: config[key] for key in ("trainable", "dtype") if key in config}
        return super().from_config({"layers": layers, "batch_shape": shape, "name": name} | known)


def _input_of(layers: list[Layer], batch_shape: Any) -> InputLayer:
    """Return the input of a line of layers, of the type that its first layer takes."""
    dtype = (layers[0].input_dtype or layers[0].dtype.compute) if layers else None
    return InputLayer(
        (None, 1) if batch_shape is None and dtype == "string" else batch_shape, name="input", dtype=dtype
    )
