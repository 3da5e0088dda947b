"""Batch normalization brings each channel to mean 0 and variance 1, then lets the network scale and shift it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of, flag, number
from core.errors import InputError
from core.kernels.tiles import by_rows
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, MovingAverage
from core.ops.normalization import batch_normalization
from core.ops.product import column_sums


class BatchNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, channel by channel along `axis`.

    At inference mean and variance are the moving ones of training; with ``training=True`` those of the batch itself
    (biased; masked steps do not count). Parameters, each (channels,): gamma (if `scale`), beta (if `center`),
    moving_mean, moving_variance. Source: Ioffe and Szegedy 2015, https://arxiv.org/abs/1502.03167
    """

    supports_masking = True
    statistics = frozenset({"moving_mean", "moving_variance"})

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        renorm: bool = False,
        renorm_clipping: None = None,
        renorm_momentum: float = 0.99,
        synchronized: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if renorm or renorm_clipping:
            raise InputError("renorm is not supported")
        del renorm_momentum, synchronized  # how training is carried out, not what is computed
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

    def call_with_backward(
        self, x: Array, *, mask: Array | None = None, training: bool = False
    ) -> tuple[Array, Backward]:
        """Return the normalized input.

        dx = scale * dy by moving moments, with scale = gamma / sqrt(variance + epsilon); by those of the batch dx = scale *
        (dy - mean of dy - xhat * mean of dy * xhat), with xhat the input at mean 0 and variance 1: a masked position is scaled
        by moments that it has no part in. Then the moving statistics come back too: new value = momentum * old value +
        (1 - momentum) * that of the batch (biased, as in Keras).
        """
        by_batch = training and self.trainable
        mean, variance = self._batch_moments(x, mask) if by_batch else self._moving_moments(x)
        gamma = self._along_axis("gamma", x, mean.dtype) if self.scale else None
        beta = self._along_axis("beta", x, mean.dtype) if self.center else None

        def normalize(x: Array) -> Array:
            y = batch_normalization(x, mean, variance, self.epsilon, gamma, beta)
            return y.astype(x.dtype, copy=False)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
            scale = inverse if gamma is None else inverse * gamma
            total, products = self._total(dy), self._total(self._by_rows(lambda dy, x: dy * (x - mean), dy, x))
            found = {"gamma": products * inverse, "beta": total}
            gradients = self.gradients(**{name: found[name].ravel() for name in found if name in self.parameter_shapes})
            if not by_batch:
                return dy * scale, gradients
            count, counted = self._count(x, mask), () if mask is None else (_spread(mask, x),)
            slope = inverse * inverse * products / count
            # The mean of a masked batch is a little off, as it is divided by the count + 1e-7; so x - mean does not sum to 0.
            off = sum(slope * self._total(np.where(counts, x - mean, 0)) for counts in counted)
            mean_slope = (total - off) / count

            def through(dy: Array, x: Array, *counted: Array) -> Array:
                through_moments = slope * (x - mean) + mean_slope
                for counts in counted:
                    through_moments *= counts
                return (dy - through_moments) * scale

            return self._by_rows(through, dy, x, *counted), gradients | self._movements(mean, variance)

        return self._by_rows(normalize, x), backward

    def _by_rows(self, function: Callable[..., Array], *arrays: Array) -> Array:
        """Return function(*arrays), a few rows at a time where these are not the channels."""
        return by_rows(function, *arrays) if self.axis % arrays[0].ndim else function(*arrays)

    def _movements(self, mean: Array, variance: Array) -> Gradients:
        keep, take = self.momentum, mean.dtype.type(1 - self.momentum)
        return self.gradients(
            moving_mean=MovingAverage(keep, mean.ravel() * take),
            moving_variance=MovingAverage(keep, variance.ravel() * take),
        )

    # --- moments ----------------------------------------------------------------------------------------------------

    def _moving_moments(self, x: Array) -> tuple[Array, Array]:
        statistics = np.promote_types(x.dtype, np.float32)  # half precision would lose the variance
        return self._along_axis("moving_mean", x, statistics), self._along_axis("moving_variance", x, statistics)

    def _batch_moments(self, x: Array, mask: Array | None) -> tuple[Array, Array]:
        x = x.astype(np.promote_types(x.dtype, np.float32), copy=False)
        counts = None if mask is None else _spread(mask, x)
        count = self._count(x, mask)
        mean = self._total(x if counts is None else np.where(counts, x, 0)) / count
        squares = self._by_rows(lambda x: np.square(x - mean), x)
        return mean, self._total(squares if counts is None else squares * counts) / count

    def _total(self, x: Array) -> Array:
        """Sum over all axes but that of the channels, which stay where they are."""
        axis = self.axis % x.ndim
        if axis == x.ndim - 1:
            return column_sums(x).reshape([1] * axis + [-1])
        return np.sum(x, axis=tuple(other for other in range(x.ndim) if other != axis), keepdims=True)

    def _count(self, x: Array, mask: Array | None) -> Any:
        """Count the numbers that each mean is taken of; Keras adds 1e-7 where there is a mask, lest it be zero."""
        if mask is None:
            return x.dtype.type(x.size // x.shape[self.axis])
        return self._total(_spread(mask, x).astype(x.dtype)) + x.dtype.type(1e-7)

    def _along_axis(self, name: str, x: Array, dtype: Any) -> Array:
        shape = [1] * x.ndim
        shape[self.axis] = -1
        parameter: Array = getattr(self, name)
        return parameter.astype(dtype, copy=False).reshape(shape)


def _spread(mask: Array, x: Array) -> Array:
    """Repeat a mask along the axes of x that it lacks."""
    return np.broadcast_to(mask.reshape(mask.shape + (1,) * (x.ndim - mask.ndim)), x.shape)
