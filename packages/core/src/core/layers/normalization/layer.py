"""Layer normalisation brings each example to mean 0 and variance 1 over its features, whatever the batch holds."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of, flag, number
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.broadcasting import unbroadcast


class LayerNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance taken over `axis`.

    gamma (if `scale`) and beta (if `center`) have the sizes of the normalised axes. With `rms_scaling` neither the mean
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

    def call(self, x: Array) -> Array:
        """Return the normalised input."""
        precise = x.astype(np.result_type(x.dtype, np.float32), copy=False)
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        mean = np.mean(precise, axis=axes, keepdims=True)
        variance = np.mean(np.square(precise - mean), axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        sizes = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        if self.scale:
            inverse = inverse * self.gamma.astype(precise.dtype, copy=False).reshape(sizes)
        y = precise * inverse
        # In Keras' order: where x hardly differs from its mean, rounding is nearly all that is left.
        if self.center:
            y += self.beta.astype(precise.dtype, copy=False).reshape(sizes) - mean * inverse
        elif not self.rms_scaling:
            y -= mean * inverse
        return y.astype(self.dtype.compute_dtype, copy=False)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = inverse * (dz - mean of dz - xhat * mean of dz * xhat), dz = gamma * dy, over the normalised axes.

        With `rms_scaling` the input is not centred, only divided: then the mean of dz is not taken away.
        """
        axes = axes_of(self.axis, "axis", rank=x.ndim)
        sizes = [size if axis in axes else 1 for axis, size in enumerate(x.shape)]
        centred = x - np.mean(x, axis=axes, keepdims=True)
        variance = np.mean(np.square(centred), axis=axes, keepdims=True)
        inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        xhat = (x if self.rms_scaling else centred) * inverse

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = dy * self.gamma.reshape(sizes) if self.scale else dy
            dx = dz - centred * inverse * np.mean(dz * xhat, axis=axes, keepdims=True)
            if not self.rms_scaling:
                dx -= np.mean(dz, axis=axes, keepdims=True)
            found = {"gamma": dy * xhat} if self.scale else {}
            found |= {"beta": dy} if self.center else {}
            shapes = self.parameter_shapes
            sums = {name: unbroadcast(value, tuple(sizes)).reshape(shapes[name]) for name, value in found.items()}
            return dx * inverse, self.gradients(**sums)

        return self.call(x), backward
