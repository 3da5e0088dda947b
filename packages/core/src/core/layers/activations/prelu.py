"""Parametric ReLU learns the slope of the negative side."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.broadcasting import unbroadcast


class PReLU(Layer):
    """y = max(x, 0) - alpha * max(-x, 0), the shape unchanged.

    alpha has the shape of one example, with 1 along the `shared_axes` (counted with the batch as axis 0).
    Source: He et al. 2015, https://arxiv.org/abs/1502.01852
    """

    supports_masking = True

    def __init__(self, shared_axes: Any = None, **common: Any) -> None:
        super().__init__(**common)
        self.shared_axes = (
            [] if shared_axes is None else shared_axes if isinstance(shared_axes, list | tuple) else [shared_axes]
        )

    def build(self, input_shape: Shape) -> None:
        """Declare the slopes."""
        rank = len(input_shape)
        shared = {axis_of(axis, "shared_axes", rank=rank) for axis in self.shared_axes}
        if 0 in shared:
            raise InputError("shared_axes must not name the batch, axis 0")
        sizes = {axis: 1 if axis in shared else input_shape[axis] for axis in range(1, rank)}
        self.expect(rank=rank, axes={axis: size for axis, size in sizes.items() if axis not in shared})
        self.declare("alpha", tuple(sizes.values()))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return y; dx = dy where x > 0, else alpha * dy; d alpha = -max(-x, 0) * dy, summed over what shares it."""
        alpha = self.computing("alpha")

        def backward(dy: Array) -> tuple[Array, Gradients]:
            d_alpha = unbroadcast(-np.maximum(-x, 0) * dy, alpha.shape)
            return dy * (x > 0) + alpha * dy * (x < 0), self.gradients(alpha=d_alpha)

        return np.maximum(x, 0) - alpha * np.maximum(-x, 0), backward
