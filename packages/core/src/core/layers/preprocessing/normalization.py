"""Normalization of the input by the mean and variance of the training data, which the file brings."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of, flag
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward

#: The smallest deviation that is divided by: Keras' `backend.epsilon()`.
_SMALLEST = 1e-7


class Normalization(Layer):
    """y = (x - mean) / max(sqrt(variance), 1e-7); with `invert` y = mean + x * max(sqrt(variance), 1e-7).

    Mean and variance differ along `axis` (None: one for all). They stand in the config, or are the parameters mean,
    variance (the sizes of the axes) and count (). The shape is unchanged.
    Source: https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
    """

    supports_masking = True
    statistics = frozenset({"mean", "variance", "count"})

    def __init__(
        self, axis: Any = -1, mean: Any = None, variance: Any = None, invert: bool = False, **common: Any
    ) -> None:
        super().__init__(**common)
        self.axis = () if axis is None else axis
        self.invert = flag(invert, "invert")
        if (mean is None) != (variance is None):
            raise InputError("mean and variance must both be given, or neither")
        self.given = None if mean is None else (_numbers(mean, "mean"), _numbers(variance, "variance"))
        if self.given and self.given[0].shape != self.given[1].shape:
            raise InputError("mean and variance must have the same shape")

    def build(self, input_shape: Shape) -> None:
        """Declare mean and variance, unless the config gives them."""
        rank = len(input_shape)
        kept = sorted(axes_of(self.axis, "axis", rank=rank))
        if any(input_shape[axis] is None for axis in kept):
            raise InputError(f"axis={self.axis!r} must name axes of a known size")
        self.expect(rank=rank, axes={axis: input_shape[axis] for axis in kept})
        if self.given is None:
            self.declare("mean", tuple(input_shape[axis] for axis in kept))
            self.declare("variance", tuple(input_shape[axis] for axis in kept))
            self.declare("count", ())  # how many examples were seen; Keras keeps it for old files
        else:
            sizes = [input_shape[axis] or 1 if axis in kept else 1 for axis in range(rank)]
            np.broadcast_to(self._along(self.given[0], rank), sizes)

    def assign(self, name: str, value: Array, *, copy: bool = True) -> None:
        """Set a parameter; the count stays a whole number."""
        super().assign(name, value, copy=copy)
        if name == "count":
            self.parameters[name] = value.astype(np.int32)

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the normalized input; dx = dy / max(sqrt(variance), 1e-7), or times it: the moments stay as they are."""
        mean, deviation = self._moments(x.ndim)
        x = x.astype(self.dtype.compute_dtype, copy=False)
        if self.invert:
            return mean + x * deviation, lambda dy: (dy * deviation, {})
        return (x - mean) / deviation, lambda dy: (dy / deviation, {})

    def _moments(self, rank: int) -> tuple[Array, Array]:
        """Return mean and deviation for an input of `rank` axes, in the type this layer computes in."""
        compute = self.dtype.compute_dtype
        mean, variance = self.given or (self.mean, self.variance)
        deviation = np.sqrt(self._along(variance, rank).astype(compute, copy=False))
        return self._along(mean, rank).astype(compute, copy=False), np.maximum(deviation, compute.type(_SMALLEST))

    def _along(self, value: Array, rank: int) -> Array:
        """Lay the axes of `value`, the last one last, along the kept axes of the input."""
        kept = sorted(axes_of(self.axis, "axis", rank=rank))
        if value.ndim > len(kept):
            raise InputError(f"mean and variance have {value.ndim} axes, but axis={self.axis!r} names {len(kept)}")
        shape = [1] * rank
        for axis, size in zip(reversed(kept), reversed(value.shape), strict=False):
            shape[axis] = size
        return value.reshape(shape)


def _numbers(value: Any, option: str) -> Array:
    """Read a nest of numbers as Keras does: in float32."""
    try:
        array = np.asarray(value, dtype=np.float32)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{option} must be numbers, got {str(value)[:100]}") from error
    return array
