"""Group normalization brings each group of channels of each example to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import axis_of, flag, integer, number
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.normalization import group_normalization


class GroupNormalization(Layer):
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, with mean and variance of the channel's group.

    The channels along `axis` are cut in `groups` of neighbours (-1: one group a channel, instance normalization); each
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

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the normalized input; see `core.ops.normalization.group_normalization`."""
        axis = self.axis % x.ndim
        gamma, beta = self.gamma if self.scale else None, self.beta if self.center else None
        y, normalization_backward = group_normalization(x, axis, self._groups(x.shape[axis]), self.epsilon, gamma, beta)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx, d_gamma, d_beta = normalization_backward(dy)
            found = {"gamma": d_gamma, "beta": d_beta}
            return dx, self.gradients(**{name: value for name, value in found.items() if value is not None})

        return y.astype(x.dtype, copy=False).astype(self.dtype.compute_dtype, copy=False), backward

    def _groups(self, channels: int) -> int:
        return max(channels, 1) if self.groups == -1 else self.groups
