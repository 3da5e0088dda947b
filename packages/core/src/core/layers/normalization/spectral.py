"""Spectral normalisation keeps the largest singular value of a layer's kernel at 1 while the layer learns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Self

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.layer import Layer
from core.options import integer
from core.registry import build_layer


class SpectralNormalization(Layer):
    """y = layer(x). In training the kernel is divided by its largest singular value; the file holds it divided.

    kernel is that of the layer inside, which Keras writes a second time; vector_u (1, units) is the current guess of the
    left singular vector, kept so that training can go on.
    Source: Miyato et al. 2018, https://arxiv.org/abs/1802.05957
    """

    def __init__(self, layer: Layer, power_iterations: int = 1, **common: Any) -> None:
        super().__init__(**common)
        self.layer = layer
        self.children = {"layer": layer}
        self.power_iterations = integer(power_iterations, "power_iterations")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer inside, then this one around it."""
        inner = config.get("layer")
        if not isinstance(inner, Mapping):
            raise UnsupportedLayerError(f"{cls.__name__} {config.get('name', '')!r} must hold a layer, got {inner!r}")
        wrapper = super().from_config({**config, "layer": build_layer(inner)})
        wrapper.config = dict(config)
        return wrapper

    def build(self, input_shape: Shape) -> None:
        """Build the layer inside; the vector has one number for each of its outputs."""
        self.layer.build(input_shape)
        shapes = self.layer.parameter_shapes
        kernel = shapes.get("kernel", shapes.get("embeddings"))
        if kernel is None:
            raise InputError(f"{self.layer} has neither kernel nor embeddings to normalise")
        self.declare("kernel", kernel)
        self.declare("vector_u", (1, kernel[-1]))

    def count_parameters(self) -> int:
        """Count the kernel once."""
        return super().count_parameters() - math.prod(self.parameter_shapes.get("kernel", (0,)))

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Give what the layer inside gives."""
        return self.layer.compute_output_shape(input_shape)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Count those of the layer inside."""
        return self.layer.multiply_adds(input_shape)

    def call(self, x: Array, *, training: bool = False) -> Array:
        """Apply the layer inside."""
        if training:
            raise InputError(f"{self} changes its kernel in training, which Kaca does not do: use training=False")
        y: Array = self.layer.forward(x)
        return y.astype(x.dtype, copy=False)
