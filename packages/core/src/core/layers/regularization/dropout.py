"""Dropout: in training, forget a random part of the input; at inference, do nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import number
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward


class DropoutLayer(Layer):
    """What every dropout shares: y = x at inference; in training y = x * keep / (1 - rate), where P(keep = 0) = rate.

    The draw comes from the `rng` that is passed in.
    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """

    supports_masking = True

    def __init__(self, rate: float, seed: object, **common: Any) -> None:
        super().__init__(**common)
        self.rate = number(rate, "rate", minimum=0.0, maximum=1.0)
        self.seed = seed

    def call_with_backward(
        self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        """Return x, or x with a random part set to zero and the rest scaled up; dx is dy treated alike."""
        if not training or self.rate == 0:
            return x, lambda dy: (dy, {})
        keep = self.generator(rng).random(self.draw_shape(x), dtype=np.float32) >= self.rate
        scale = 0.0 if self.rate == 1 else 1 / (1 - self.rate)

        def drop(values: Array) -> Array:
            kept = values * keep
            kept *= kept.dtype.type(scale)
            return kept

        return drop(x), lambda dy: (drop(dy), {})

    def draw_shape(self, x: Array) -> tuple[int, ...]:
        """Return the shape of the draw: that of x, with 1 where it is shared."""
        return x.shape


class Dropout(DropoutLayer):
    """`DropoutLayer` of every number by itself; `noise_shape` says along which axes the draw is shared (size 1).

    Source: https://keras.io/api/layers/regularization_layers/dropout/
    """

    def __init__(self, rate: float, noise_shape: Any = None, seed: object = None, **common: Any) -> None:
        super().__init__(rate, seed, **common)
        if noise_shape is not None and not isinstance(noise_shape, list | tuple):
            raise InputError(f"noise_shape must be a list of sizes or None, got {noise_shape!r}")
        self.noise_shape = noise_shape

    def draw_shape(self, x: Array) -> tuple[int, ...]:
        """Return the shape of x, with 1 where `noise_shape` says so."""
        if self.noise_shape is None:
            return x.shape
        return tuple(
            size if chosen is None else int(chosen) for size, chosen in zip(x.shape, self.noise_shape, strict=True)
        )
