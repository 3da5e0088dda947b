"""An activation as a layer of its own: one function, element by element (softmax: along the last axis)."""

from __future__ import annotations

from typing import Any

from core.activations import activation as find_activation
from core.arrays import Array
from core.engine.elementwise import activate
from core.engine.step import Step
from core.layer import Layer


class Activation(Layer):
    """y = activation(x), the shape unchanged.

    Source: https://keras.io/api/layers/core_layers/activation/
    """

    supports_masking = True

    def __init__(self, activation: object, **common: Any) -> None:
        super().__init__(**common)
        self.activation = find_activation(activation)

    def fast(self) -> Step | None:
        """Let the layer before it apply the activation."""
        return activate(self.activation)

    def call(self, x: Array) -> Array:
        """Return activation(x)."""
        return self.activation(x)
