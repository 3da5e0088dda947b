"""The identity: a node of the graph that does nothing."""

from __future__ import annotations

from typing import Any

from core.layers.base import Layer
from core.layers.gradients import Backward


class Identity(Layer):
    """y = x.

    Source: https://keras.io/api/layers/core_layers/identity/
    """

    supports_masking = True

    def call_with_backward(self, inputs: Any) -> tuple[Any, Backward]:
        """Return the input; dx = dy."""
        return inputs, lambda dy: (dy, {})
