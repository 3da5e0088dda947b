"""RMS normalisation divides by the root of the mean square; unlike layer normalisation it takes no mean away."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of, number
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.broadcasting import unbroadcast


class RMSNormalization(Layer):
    """y = scale * x / sqrt(mean of x^2 over `axis` + epsilon), the shape unchanged.

    scale has the sizes of the normalised axes and, as in Keras, is laid along the last axes whichever these are.
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

    def call(self, x: Array) -> Array:
        """Return the normalised input."""
        precise = x.astype(np.result_type(x.dtype, np.float32), copy=False)
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        square = np.mean(np.square(precise), axis=axes, keepdims=True)
        y = precise / np.sqrt(square + square.dtype.type(self.epsilon))
        return (y * self.scale.astype(precise.dtype, copy=False)).astype(x.dtype, copy=False)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = inverse * (dz - xhat * mean of dz * xhat) with dz = scale * dy and xhat = x * inverse."""
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        square = np.mean(np.square(x), axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(square + square.dtype.type(self.epsilon))
        xhat = x * inverse

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = dy * self.scale
            dx = inverse * (dz - xhat * np.mean(dz * xhat, axis=axes, keepdims=True))
            return dx, self.gradients(scale=unbroadcast(dy * xhat, self.scale.shape))

        return self.call(x), backward
