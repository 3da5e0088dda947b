"""RMS normalization divides by the root of the mean square; unlike layer normalization it takes no mean away."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of, number
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.normalization import rms_normalization


class RMSNormalization(Layer):
    """y = scale * x / sqrt(mean of x^2 over `axis` + epsilon), the shape unchanged.

    scale has the sizes of the normalized axes and, as in Keras, is laid along the last axes whichever these are.
    Source: Zhang and Sennrich 2019, https://arxiv.org/abs/1910.07467
    """

    def __init__(self, axis: Any = -1, epsilon: float = 1e-6, **common: Any) -> None:
        super().__init__(**common)
        self.axis = axis
        self.epsilon = number(epsilon, "epsilon")

    def build(self, input_shape: Shape) -> None:
        """Declare the scale; it must fit the last axes."""
        rank = len(input_shape)
        axes = axes_of(sorted(self.axis) if isinstance(self.axis, list | tuple) else self.axis, "axis", rank=rank)
        self.expect(rank=rank, axes={axis: input_shape[axis] for axis in axes})
        self.declare("scale", tuple(input_shape[axis] for axis in axes))
        last = [1 if size is None else size for size in input_shape[rank - len(axes) :]]
        np.broadcast_shapes(self.parameter_shapes["scale"], tuple(last))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the normalized input; see `core.ops.normalization.rms_normalization`."""
        y, normalization_backward = rms_normalization(
            x, axes_of(self.axis, "axis", rank=x.ndim), self.epsilon, self.scale
        )

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx, d_scale = normalization_backward(dy)
            assert d_scale is not None
            return dx, self.gradients(scale=d_scale)

        return y.astype(x.dtype, copy=False), backward
