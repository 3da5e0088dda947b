"""Activity regularisation adds to the loss, and leaves the numbers as they are."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.checks import number
from core.layers.base import Layer
from core.layers.gradients import Backward


class ActivityRegularization(Layer):
    """y = x; in training (l1 * sum |x| + l2 * sum x^2) / batch joins the loss, see `core.learning.activity`.

    Source: https://keras.io/api/layers/regularization_layers/activity_regularization/
    """

    supports_masking = True

    def __init__(self, l1: float = 0.0, l2: float = 0.0, **common: Any) -> None:
        super().__init__(**common)
        self.l1 = number(l1, "l1")
        self.l2 = number(l2, "l2")

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x; dx = dy: the gradient of the cost joins where the loss is put together."""
        return x, lambda dy: (dy, {})
