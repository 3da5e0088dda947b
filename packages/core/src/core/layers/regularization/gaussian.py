"""Gaussian noise, added or multiplied, blurs the input in training; at inference it is not there."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import number
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward


class GaussianNoise(Layer):
    """y = x at inference; in training y = x + noise, noise drawn from N(0, stddev^2). The shape is unchanged.

    Source: https://keras.io/api/layers/regularization_layers/gaussian_noise/
    """

    supports_masking = True

    def __init__(self, stddev: float, seed: object = None, **common: Any) -> None:
        super().__init__(**common)
        self.stddev = number(stddev, "stddev", minimum=0.0, maximum=1.0)
        self.seed = seed

    def call_with_backward(
        self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        """Return x, in training with noise; dx = dy."""
        if training and self.stddev:
            x = x + (self.stddev * self.generator(rng).standard_normal(x.shape)).astype(x.dtype)
        return x, lambda dy: (dy, {})


class GaussianDropout(Layer):
    """y = x at inference; in training y = x * noise, noise drawn from N(1, rate / (1 - rate)). The shape is unchanged.

    Source: Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
    """

    supports_masking = True

    def __init__(self, rate: float, seed: object = None, **common: Any) -> None:
        super().__init__(**common)
        self.rate = number(rate, "rate", minimum=0.0, maximum=1.0)
        self.seed = seed

    def call_with_backward(
        self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        """Return x, in training with noise; dx = dy * noise."""
        if not training or self.rate == 0:
            return x, lambda dy: (dy, {})
        if self.rate == 1:
            raise InputError(f"{self}: a rate of 1 has no finite noise in training")
        deviation = math.sqrt(self.rate / (1 - self.rate))
        noise = (1 + deviation * self.generator(rng).standard_normal(x.shape)).astype(x.dtype)
        return x * noise, lambda dy: (dy * noise, {})
