"""A pipeline applies one layer after the other, as a layer of its own: what stands before a network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from core.arrays import Shape
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.file_format import FileFormat
from core.layers.names import numbered
from core.layers.registry import build_layer
from core.layers.work import Work, numbers_in


class Pipeline(Layer):
    """y = layer_n(... layer_2(layer_1(x))), at inference: Keras' own default is to train.

    Source: https://keras.io/api/layers/preprocessing_layers/
    """

    file_format = FileFormat(omitted=frozenset({"trainable", "dtype", "autocast"}))
    autocast = False

    def __init__(self, layers: Sequence[Layer], **common: Any) -> None:
        super().__init__(**common)
        if not isinstance(layers, list | tuple) or not all(isinstance(layer, Layer) for layer in layers):
            raise InputError(f"layers must be a list of layers, got {str(layers)[:200]}")
        self.layers = list(layers)
        self.children = {f"layers/{key}": layer for key, layer in numbered(self.layers).items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layers that the config describes."""
        entries = config.get("layers")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise UnsupportedLayerError(f"Pipeline must list its layers, got {str(entries)[:200]}")
        return super().from_config({**config, "layers": [build_layer(entry) for entry in entries]})

    def build(self, input_shape: Shape) -> None:
        """Build each layer for what the one before gives."""
        for layer in self.layers:
            layer.build(input_shape)
            input_shape = layer.compute_output_shape(input_shape)

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Follow the shape through the layers."""
        for layer in self.layers:
            input_shape = layer.compute_output_shape(input_shape)
        return input_shape

    def work(self, input_shape: Shape) -> Work:
        """Add up that of all layers."""
        total = Work()
        for layer in self.layers:
            total = total.then(layer.work(input_shape).plus(0, numbers_in([input_shape]) * layer.number_bytes))
            input_shape = layer.compute_output_shape(input_shape)
        return total

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of all layers."""
        total = 0
        for layer in self.layers:
            each = layer.multiply_adds(input_shape)
            if each is None:
                return None
            total += each
            input_shape = layer.compute_output_shape(input_shape)
        return total

    def call(self, x: Any, *, training: bool = False, rng: np.random.Generator | None = None) -> Any:
        """Apply the layers in their order."""
        for layer in self.layers:
            x = layer.forward(x, training=training, rng=rng)
        return x
