"""Spectral normalization keeps the largest singular value of a layer's kernel at 1 while the layer learns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import copy
from typing import Any, Self

from core.arrays import Array, Shape
from core.checks import integer
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, MovingAverage, ReplacedParameter
from core.layers.registry import build_layer
from core.layers.work import CALL, Work
from core.ops.normalization import unit_length

#: The shortest length that is divided by; Keras' own.
_SHORTEST = 1e-7


class SpectralNormalization(Layer):
    """y = layer(x). In training the kernel is divided by its largest singular value; the file holds it divided.

    kernel is that of the layer inside, which Keras writes a second time; vector_u (1, units) is the current guess of the
    left singular vector, kept so that training can go on.
    Source: Miyato et al. 2018, https://arxiv.org/abs/1802.05957
    """

    statistics = frozenset({"kernel", "vector_u"})

    def __init__(self, layer: Layer, power_iterations: int = 1, **common: Any) -> None:
        super().__init__(**common)
        self.layer = layer
        self.children = {"layer": layer}
        self.power_iterations = integer(power_iterations, "power_iterations", maximum=10_000)

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
        self._kernel = "kernel" if "kernel" in shapes else "embeddings"
        kernel = shapes.get(self._kernel)
        if kernel is None:
            raise InputError(f"{self.layer} has neither kernel nor embeddings to normalize")
        self.declare("kernel", kernel)
        self.declare("vector_u", (1, kernel[-1]))

    @property
    def mirrors(self) -> dict[str, tuple[Layer, str]]:
        """The kernel is that of the layer inside."""
        return {"kernel": (self.layer, self._kernel)} if "kernel" in self.parameter_shapes else {}

    def compute_output_shape(self, input_shape: Shape) -> Any:
        """Return what the layer inside gives."""
        return self.layer.compute_output_shape(input_shape)

    def work(self, *shapes: Any, **named_shapes: Any) -> Work:
        """That of the layer inside; in training each iteration multiplies by the kernel twice."""
        inner = self.layer.work(*shapes, **named_shapes)
        kernel = math.prod(self.parameter_shapes.get("kernel", (0,)))
        return inner._replace(backward=inner.backward + 2 * self.power_iterations * (kernel + CALL))

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Count those of the layer inside."""
        return self.layer.multiply_adds(input_shape)

    def stored(self, name: str) -> Array:
        """Return the kernel of the layer inside, which is written twice."""
        return self.layer.stored(self._kernel) if name == "kernel" else super().stored(name)

    def call_with_backward(
        self, x: Array, *, training: bool = False, wants_backward: bool = True
    ) -> tuple[Array, Backward]:
        """Apply the layer inside, in training with its kernel divided by the largest singular value.

        Backward does not go through the division, as Keras assigns what it divided: training goes on from the divided kernel,
        which comes back with its gradient, and so does the new vector_u.
        """
        layer, vector_u = self._renewed() if training else (self.layer, None)
        y, inner_backward = layer.learn(x, training=training) if wants_backward else (layer.forward(x), None)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            assert inner_backward is not None
            dx, found = inner_backward(dy)
            gradients: Gradients = {(self.layer, name): gradient for (_, name), gradient in found.items()}
            if vector_u is not None:
                gradient: Any = gradients[self.layer, self._kernel]
                gradients[self.layer, self._kernel] = ReplacedParameter(layer.parameters[self._kernel], gradient)
                gradients |= self.gradients(vector_u=MovingAverage(0.0, vector_u))
            return dx, gradients

        return y.astype(x.dtype, copy=False), backward

    def _renewed(self) -> tuple[Layer, Array]:
        """Return the layer inside with its kernel divided, and the new vector_u.

        v = u @ W^T and u = v @ W, each brought to length 1, `power_iterations` times; the singular value is v @ W @ u^T.
        """
        if not self.trainable or not self.layer.trainable:
            raise UnsupportedLayerError(
                f"{self} is frozen, but would change its kernel in training: set trainable=True"
            )
        kernel, u = self.layer.parameters[self._kernel], self.vector_u
        if not kernel.any():
            return self.layer, u
        matrix = kernel.reshape(-1, kernel.shape[-1])
        for _ in range(self.power_iterations):
            v = unit_length(u @ matrix.T, None, _SHORTEST)
            u = unit_length(v @ matrix, None, _SHORTEST)
        layer = copy(self.layer)
        layer.parameters = self.layer.parameters | {self._kernel: kernel / (v @ matrix @ u.T).item()}
        return layer, u
