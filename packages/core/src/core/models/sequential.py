"""A Sequential model: the graph that is a line, each layer taking what the one before it gave."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Self, cast

import numpy as np

from core.arrays import Shape
from core.errors import InputError, UnsupportedLayerError
from core.files.serialization import Member
from core.graph.names import check_names, separate_names
from core.graph.nodes import Node, Ref
from core.layers.base import Layer
from core.layers.file_format import FileFormat
from core.layers.input_layer import InputLayer
from core.layers.registry import build_layer
from core.models.model import Model


class Sequential(Model):
    """y = layer_n(... layer_2(layer_1(x))).

    `batch_shape` is the shape of x with the batch (None) in front, for when the first layer is not an InputLayer; x has the
    type that the first layer takes. A first layer over strings needs no shape: it takes one string a row;
    where the shape of other inputs is not given, the first input decides it, as in Keras.
    Source: https://keras.io/guides/sequential_model/
    """

    file_format = FileFormat(module="keras")

    def __init__(
        self,
        layers: Sequence[Layer],
        batch_shape: Any = None,
        name: str | None = None,
        *,
        trainable: bool = True,
        dtype: Any = None,
    ) -> None:
        rest = list(layers)
        given = bool(rest) and isinstance(rest[0], InputLayer)
        entry = rest.pop(0) if given else _input_of(rest, batch_shape)
        #: True until an input comes, where nothing says the shape of one.
        self.is_open = not given and batch_shape is None
        self._settling = threading.Lock()
        nodes = [Node(entry)] + [Node(layer, (Ref(index),)) for index, layer in enumerate(rest)]
        super().__init__(rest, nodes, Ref(0), Ref(len(rest)), name=name, trainable=trainable, dtype=dtype)

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Build the layers; the last one may give several outputs, the others one.

        A line whose input may have any shape waits for its first input; strings are taken to come one a row until then.
        """
        if shapes or not self.is_open or self.nodes[0].layer.dtype.compute == "string":
            self._build(shapes)

    def _build(self, shapes: tuple[Any, ...]) -> None:
        super().build(*shapes)
        last = len(self.nodes) - 1
        outputs = [self._shapes.outputs(index) for index in range(last + 1)]
        several = next((index for index in range(last) if len(outputs[index]) > 1), None)
        if several is not None:
            raise UnsupportedLayerError(
                f"{self}: {self.nodes[several].layer} gives several outputs, of which the next layer can take one"
            )
        if len(outputs[last]) > 1:
            self.outputs = outputs[last]

    def get_config(self) -> dict[str, Any]:
        """Return the config of the line: its layers, the input in front where its shape is known."""
        layers = [node.layer for node in self.nodes[1 if self.is_open else 0 :]]
        check_names(layers)
        if len({id(layer) for layer in layers}) < len(layers):
            raise InputError(f"{self} applies a layer twice, which Keras cannot write: build a Functional instead")
        members = [Member(layer, not self.trainable) for layer in layers]
        built = {} if self.is_open else {"build_input_shape": cast(InputLayer, layers[0]).batch_shape}
        return {"name": self.name, "trainable": self.trainable, "layers": members} | built

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the line that a Keras config describes."""
        name, entries = config.get("name", "sequential"), config.get("layers")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise UnsupportedLayerError(f"Sequential {name!r} must list its layers, got {str(entries)[:200]}")
        layers = [build_layer(entry) for entry in entries]
        separate_names(layers)
        if not layers:
            raise UnsupportedLayerError(f"Sequential {name!r} has no layers")
        known = {key: config[key] for key in ("trainable", "dtype") if key in config}
        shape = config.get("build_input_shape") or _shape_of_building(entries[0])
        return super().from_config({"layers": layers, "batch_shape": shape, "name": name} | known)

    def check_inputs(self, x: Any) -> Any:
        """Return what the user gave in the declared shape; where none is declared, the first input decides it."""
        if self.is_open and not isinstance(x, dict):
            with suppress(ValueError):  # rows of different lengths are an error below
                shape = np.shape(x[0] if isinstance(x, list) and len(x) == 1 else x)[1:]
                with self._settling:
                    self._settle(shape)
        return super().check_inputs(x)

    def declare_input(self, shape: Shape) -> None:
        """Declare the shape of one row where none is declared, as far as it is known."""
        with self._settling:
            self._settle(shape)

    def _settle(self, shape: Shape) -> None:
        """Declare the shape of one row, and build the layers for it."""
        entry = cast(InputLayer, self.nodes[0].layer)
        if not self.is_open or (self.shapes and shape in {(), (1,)}):
            return
        undeclared, entry.batch_shape = entry.batch_shape, (None, *shape)
        try:
            self._build(())
        except BaseException:
            entry.batch_shape = undeclared
            raise
        self.is_open = False

    def __getstate__(self) -> dict[str, Any]:
        """Leave the lock behind in a copy."""
        return super().__getstate__() | {"_settling": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over the state of another line, with a lock of its own."""
        self.__dict__.update(state)
        self._settling = threading.Lock()


def _shape_of_building(entry: Mapping[str, Any]) -> Any:
    """Return the input shape with which Keras 3 built the first layer, if its entry says one."""
    built = entry.get("build_config")
    return built.get("input_shape") if isinstance(built, Mapping) else None


def _input_of(layers: list[Layer], batch_shape: Any) -> InputLayer:
    """Return the input of a line of layers, of the type that its first layer takes; one string a row needs no shape."""
    dtype = (layers[0].input_dtype or layers[0].dtype.compute) if layers else None
    return InputLayer((None, 1) if batch_shape is None else batch_shape, name="input", dtype=dtype)
