"""Batch normalisation brings each channel to mean 0 and variance 1, then lets the network scale and shift it."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.engine.elementwise import Affine
from core.engine.step import Step
from core.errors import InputError
from core.layer import Layer
from core.options import axis_of, flag, number


class BatchNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, channel by channel along `axis`.

    At inference mean and variance are the moving ones of training; with ``training=True`` those of the batch itself
    (biased; masked steps do not count). Parameters, each (channels,): gamma (if `scale`), beta (if `center`),
    moving_mean, moving_variance. Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    supports_masking = True

    def __init__(
        self,
        axis: Any = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        renorm: bool = False,
        renorm_clipping: None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        virtual_batch_size: None = None,
        fused: object = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if renorm or renorm_clipping or virtual_batch_size:
            raise InputError("renorm and virtual_batch_size are not supported")
        if isinstance(axis, list | tuple) and len(axis) == 1:
            axis = axis[0]  # Keras 2 wrote the axis as a list
        del renorm_momentum, fused, synchronized  # how training is carried out, not what is computed
        self.axis = axis
        self.momentum = number(momentum, "momentum")
        self.epsilon = number(epsilon, "epsilon", minimum=0.0)
        self.center = flag(center, "center")
        self.scale = flag(scale, "scale")

    def build(self, input_shape: Shape) -> None:
        """Declare scale, shift and the moving statistics."""
        self.rank = len(input_shape)
        axis = axis_of(self.axis, "axis", rank=self.rank)
        channels = input_shape[axis]
        self.expect(rank=self.rank, axes={axis: channels})
        wanted = {"gamma": self.scale, "beta": self.center, "moving_mean": True, "moving_variance": True}
        for name in (name for name, present in wanted.items() if present):
            self.declare(name, (channels,))

    def fast(self) -> Step | None:
        """Scale and shift each channel, where they are last."""
        if self.axis % self.rank != self.rank - 1:
            return None
        scale = 1 / np.sqrt(self.moving_variance.astype(np.float64) + self.epsilon)
        if self.scale:
            scale = scale * self.gamma
        shift = (self.beta if self.center else 0) - self.moving_mean * scale
        return Affine(scale.astype(np.float32), shift.astype(np.float32))

    def call(self, x: Array, *, mask: Array | None = None, training: bool = False) -> Array:
        """Return the normalised input."""
        mean, variance = self._batch_moments(x, mask) if training and self.trainable else self._moving_moments(x)
        inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        if self.scale:
            inverse = inverse * self._along_axis("gamma", x, inverse.dtype)
        shift = -mean * inverse
        if self.center:
            shift = shift + self._along_axis("beta", x, shift.dtype)
        return (x * inverse + shift).astype(x.dtype, copy=False)

    def _moving_moments(self, x: Array) -> tuple[Array, Array]:
        statistics = np.promote_types(x.dtype, np.float32)  # half precision would lose the variance
        return self._along_axis("moving_mean", x, statistics), self._along_axis("moving_variance", x, statistics)

    def _batch_moments(self, x: Array, mask: Array | None) -> tuple[Array, Array]:
        axes = tuple(axis for axis in range(x.ndim) if axis != self.axis % x.ndim)
        x = x.astype(np.promote_types(x.dtype, np.float32), copy=False)
        counted = (
            None if mask is None else np.broadcast_to(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), x.shape)
        )
        where = {} if counted is None else {"where": counted}
        mean = np.mean(x, axis=axes, keepdims=True, **where)
        return mean, np.mean(np.square(x - mean), axis=axes, keepdims=True, **where)

    def _along_axis(self, name: str, x: Array, dtype: Any) -> Array:
        shape = [1] * x.ndim
        shape[self.axis] = -1
        parameter: Array = getattr(self, name)
        return parameter.astype(dtype, copy=False).reshape(shape)
