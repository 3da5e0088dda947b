"""A Functional model: a graph in which any layer may take the output of any other, and be applied more than once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from core.files.serialization import Member
from core.graph.names import check_names
from core.layers.file_format import FileFormat
from core.models.model import Model
from core.models.read_graph import read_graph
from core.models.write_graph import write_calls, write_tensors


class Functional(Model):
    """outputs = the tensors named by `outputs`, after every node has been applied once.

    Source: https://keras.io/guides/functional_api/
    """

    file_format = FileFormat(module="keras.src.models.functional")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the graph that a Keras config describes; see `core.models.read_graph`."""
        # In the names of outputs, Keras counts the making of a Functional inside as its call 0, and of nothing else.
        graph = read_graph(config, counts_own_making=lambda layer: isinstance(layer, Functional))
        known = {key: config[key] for key in ("trainable", "dtype") if key in config}
        name = str(config.get("name", "functional"))
        model = cls(graph.layers, graph.nodes, graph.inputs, graph.outputs, name=name, **known)
        model.list_layers(graph.layers)  # the file numbers its weights in its own order
        return model

    def get_config(self) -> dict[str, Any]:
        """Return the graph in the words of Keras 3."""
        check_names(self.layers)
        calls = write_calls(self.nodes, self.shapes)
        return {
            "name": self.name,
            "trainable": self.trainable,
            "layers": [Member(layer, not self.trainable, calls.get(id(layer), [])) for layer in self.layers],
            "input_layers": write_tensors(self.inputs, self.nodes, lambda _: 0),
            "output_layers": write_tensors(self.outputs, self.nodes, lambda layer: int(isinstance(layer, Functional))),
        }
