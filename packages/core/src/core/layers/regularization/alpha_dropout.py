"""Alpha dropout drops to the value that SELU saturates at, so that mean and variance stay as they are."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.layers.gradients import Backward
from core.layers.regularization.dropout import Dropout

#: -alpha * scale of SELU, the value of a unit that is off.
_OFF = -1.6732632423543772 * 1.0507009873554805


class AlphaDropout(Dropout):
    """y = x at inference; in training y = a * (x * keep + off * (1 - keep)) + b.

    off = -1.758 is SELU's floor, a = ((1 - rate) * (1 + rate * off^2))^(-1/2), b = -a * off * rate; keep is 0 with
    probability `rate`, else 1. The shape is unchanged.
    Source: Klambauer et al. 2017, https://arxiv.org/abs/1706.02515
    """

    def call_with_backward(
        self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        """Return x, or x with a random part switched off; dx = a * keep * dy."""
        if not training or self.rate == 0:
            return x, lambda dy: (dy, {})
        keep = self.generator(rng).random(self.draw_shape(x)) >= self.rate
        a = 0.0 if self.rate == 1 else ((1 - self.rate) * (1 + self.rate * _OFF**2)) ** -0.5
        y = (a * np.where(keep, x, _OFF) - a * _OFF * self.rate).astype(x.dtype)
        return y, lambda dy: (dy * keep * dy.dtype.type(a), {})
