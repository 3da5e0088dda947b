"""Group normalisation brings each group of channels of each example to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of, flag, integer, number
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients


class GroupNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance of the channel's group.

    The channels along `axis` are cut in `groups` of neighbours (-1: one group a channel, instance normalisation); each
    group is taken together with all other axes but the batch. gamma and beta: (channels,). The shape is unchanged.
    Source: Wu and He 2018, https://arxiv.org/abs/1803.08494
    """

    supports_masking = True
    autocast = False

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 1e-3,
        center: bool = True,
        scale: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.groups = integer(groups, "groups", minimum=-1)
        if self.groups == 0:
            raise InputError("groups must be positive, or -1 for one group a channel, got 0")
        self.axis = axis
        self.epsilon = number(epsilon, "epsilon")
        self.center = flag(center, "center")
        self.scale = flag(scale, "scale")

    def build(self, input_shape: Shape) -> None:
        """Declare scale and shift; the channels must fall into equal groups."""
        axis = axis_of(self.axis, "axis", rank=len(input_shape))
        channels = input_shape[axis]
        if axis == 0 or channels is None or channels % self._groups(channels):
            raise InputError(f"groups={self.groups} must divide the channels along axis {axis}, got {channels}")
        self.expect(rank=len(input_shape), axes={axis: channels})
        for name in (name for name, present in (("gamma", self.scale), ("beta", self.center)) if present):
            self.declare(name, (channels,))

    def call(self, x: Array) -> Array:
        """Return the normalised input."""
        axis = self.axis % x.ndim
        groups = self._groups(x.shape[axis])
        inside = x.shape[axis] // groups
        grouped = x.reshape(*x.shape[:axis], groups, inside, *x.shape[axis + 1 :])
        grouped = grouped.astype(np.result_type(x.dtype, np.float32), copy=False)
        others = tuple(place for place in range(1, grouped.ndim) if place != axis)
        mean = np.mean(grouped, axis=others, keepdims=True)
        variance = np.mean(np.square(grouped - mean), axis=others, keepdims=True)
        inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        along = [1] * grouped.ndim
        along[axis : axis + 2] = groups, inside
        if self.scale:
            inverse = inverse * self.gamma.astype(grouped.dtype, copy=False).reshape(along)
        shift = -mean * inverse
        if self.center:
            shift = shift + self.beta.astype(grouped.dtype, copy=False).reshape(along)
        y = (grouped * inverse + shift).astype(x.dtype, copy=False).reshape(x.shape)
        return y.astype(self.dtype.compute_dtype, copy=False)

    def call_and_back(self, x: Array) -> tuple[Array, Backward]:
        """dx = inverse * (dz - mean of dz - xhat * mean of dz * xhat), dz = gamma * dy, within each group."""
        axis = self.axis % x.ndim
        groups = self._groups(x.shape[axis])
        shape = (*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])
        along = [1] * x.ndim
        along[axis] = -1
        others = tuple(place for place in range(1, len(shape)) if place != axis)
        grouped = x.reshape(shape)
        centred = grouped - np.mean(grouped, axis=others, keepdims=True)
        variance = np.mean(np.square(centred), axis=others, keepdims=True)
        inverse = 1 / np.sqrt(variance + variance.dtype.type(self.epsilon))
        xhat = centred * inverse

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = (dy * self.gamma.reshape(along) if self.scale else dy).reshape(shape)
            dx = dz - np.mean(dz, axis=others, keepdims=True) - xhat * np.mean(dz * xhat, axis=others, keepdims=True)
            found = {"gamma": dy * xhat.reshape(x.shape)} if self.scale else {}
            found |= {"beta": dy} if self.center else {}
            rest = tuple(place for place in range(x.ndim) if place != axis)
            sums = {name: value.sum(axis=rest) for name, value in found.items()}
            return (dx * inverse).reshape(x.shape), self.gradients(**sums)

        return self.call(x), backward

    def _groups(self, channels: int) -> int:
        return max(channels, 1) if self.groups == -1 else self.groups
