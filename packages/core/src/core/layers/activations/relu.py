"""ReLU with options: a ceiling, a slope below the threshold, and the threshold itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import number
from core.kernels.elementwise import Rectify
from core.kernels.kernel import Step
from core.layers.base import Layer
from core.layers.gradients import Backward
from core.ops import activation_gradients as derivative
from core.ops.activations import leaky_relu


class ReLU(Layer):
    """y = min(x, max_value) where x > threshold, else negative_slope * (x - threshold); the shape unchanged.

    Source: https://keras.io/api/layers/activation_layers/relu/
    """

    supports_masking = True

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.max_value = None if max_value is None else number(max_value, "max_value", minimum=0.0)
        self.negative_slope = number(negative_slope, "negative_slope", minimum=0.0)
        self.threshold = number(threshold, "threshold", minimum=0.0)

    def fast(self) -> Step | None:
        """Compare with zero and the ceiling, where there is no slope below."""
        return None if self.negative_slope or self.threshold else Rectify(self.max_value)

    def call(self, x: Array) -> Array:
        """Return the rectified input."""
        return rectify(x, self.negative_slope, self.max_value, self.threshold)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = dy between threshold and ceiling, 0 above it, negative_slope * dy below the threshold."""
        return self.call(x), lambda dy: (
            rectify_back(x, dy, self.negative_slope, self.max_value, self.threshold),
            {},
        )


def rectify(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """Compute the equation of `ReLU`, in the order in which Keras does it; it rounds the borders to float32."""
    if negative_slope and max_value is None and threshold == 0:
        return leaky_relu(x, negative_slope)
    border = x.dtype.type(np.float32(threshold))
    y = np.where(x > border, x, x.dtype.type(0)) if threshold else np.maximum(x, 0)
    if max_value is not None:
        y = np.clip(y, x.dtype.type(0), x.dtype.type(np.float32(max_value)))
    if negative_slope:
        y = y - x.dtype.type(negative_slope) * np.maximum(x.dtype.type(threshold) - x, 0)
    return y


def rectify_back(
    x: Array, dy: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """The way back through `rectify`."""
    if negative_slope and max_value is None and threshold == 0:
        return derivative.leaky_relu(x, dy, negative_slope)
    ceiling = np.inf if max_value is None else np.float32(max_value)
    slope = ((x > np.float32(threshold)) & (x < ceiling)).astype(x.dtype)
    if negative_slope:
        slope += x.dtype.type(negative_slope) * (x < threshold)
    return dy * slope
