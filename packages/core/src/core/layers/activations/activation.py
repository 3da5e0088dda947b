"""An activation as a layer of its own: one function, element by element (softmax: along the last axis)."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.layers.activations.find import apply_activation, find_activation
from core.layers.base import Layer
from core.layers.gradients import Backward


class Activation(Layer):
    """y = activation(x), the shape unchanged.

    Source: https://keras.io/api/layers/core_layers/activation/
    """

    supports_masking = True

    def __init__(self, activation: object, **common: Any) -> None:
        super().__init__(**common)
        self.activation = find_activation(activation)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return activation(x); dx = f'(x) * dy."""
        y, backward = apply_activation(self.activation, x)
        return y, lambda dy: (backward(dy), {})
