"""Repeating a vector makes a sequence of it: the same values at every time step."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer
from core.layers.base import Layer
from core.layers.gradients import Backward


class RepeatVector(Layer):
    """(batch, features) -> (batch, n, features).

    Source: https://keras.io/api/layers/reshaping_layers/repeat_vector/
    """

    def __init__(self, n: int, **common: Any) -> None:
        super().__init__(**common)
        self.n = integer(n, "n")

    def build(self, input_shape: Shape) -> None:
        """Expect a matrix."""
        del input_shape
        self.expect(rank=2)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, features) -> (batch, n, features)."""
        batch, features = input_shape
        return (batch, self.n, features)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x, n times: a view, which takes no memory; dx = sum of dy over the repetitions."""
        return np.broadcast_to(x[:, None], (len(x), self.n, x.shape[1])), lambda dy: (dy.sum(axis=1), {})
