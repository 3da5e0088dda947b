"""The exponential linear unit bends smoothly to -alpha on the negative side."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.checks import number
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops.activations import elu, elu_gradient


class ELU(Layer):
    """y = x where x > 0, else alpha * (exp(x) - 1); the shape unchanged.

    Source: Clevert et al. 2015, https://arxiv.org/abs/1511.07289
    """

    supports_masking = True

    def __init__(self, alpha: float = 1.0, **common: Any) -> None:
        super().__init__(**common)
        self.alpha = number(alpha, "alpha")

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the activated input; dx = dy where x > 0, else alpha * exp(x) * dy."""
        y = elu(x, self.alpha)
        return y, lambda dy: (elu_gradient(dy, y, x, self.alpha), {})
