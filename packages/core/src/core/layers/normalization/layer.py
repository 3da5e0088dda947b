"""Layer normalization brings each example to mean 0 and variance 1 over its features, whatever the batch holds."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import axes_of, flag, number
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.normalization import layer_normalization


class LayerNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance taken over `axis`.

    gamma (if `scale`) and beta (if `center`) have the sizes of the normalized axes. With `rms_scaling` neither the mean
    is taken away nor beta added, but the divisor stays the standard deviation, as in Keras. The shape is unchanged.
    Source: Ba et al. 2016, https://arxiv.org/abs/1607.06450
    """

    supports_masking = True
    autocast = False

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        rms_scaling: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.axis = axis
        self.epsilon = number(epsilon, "epsilon")
        self.rms_scaling = flag(rms_scaling, "rms_scaling")
        self.center = flag(center, "center") and not self.rms_scaling
        self.scale = flag(scale, "scale") or self.rms_scaling

    def build(self, input_shape: Shape) -> None:
        """Declare scale and shift."""
        rank = len(input_shape)
        # Keras sorts the axes as they were written, before -1 becomes the last: the order of gamma's axes follows.
        axes = axes_of(sorted(self.axis) if isinstance(self.axis, list | tuple) else self.axis, "axis", rank=rank)
        self.expect(rank=rank, axes={axis: input_shape[axis] for axis in axes})
        for name in (name for name, present in (("gamma", self.scale), ("beta", self.center)) if present):
            self.declare(name, tuple(input_shape[axis] for axis in axes))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the normalized input, see `core.ops.normalization`; gamma and beta lie along the normalized axes."""
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        sizes = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        gamma, beta = (
            self.gamma.reshape(sizes) if self.scale else None,
            self.beta.reshape(sizes) if self.center else None,
        )
        y, normalization_backward = layer_normalization(
            x, axes, self.epsilon, gamma, beta, rms_scaling=self.rms_scaling
        )

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx, *found = normalization_backward(dy)
            shapes = self.parameter_shapes
            named = {name: value for name, value in zip(("gamma", "beta"), found, strict=True) if value is not None}
            return dx, self.gradients(**{name: value.reshape(shapes[name]) for name, value in named.items()})

        return y.astype(self.dtype.compute_dtype, copy=False), backward
