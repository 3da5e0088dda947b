"""The optimizers: what each remembers of former steps, and its formula for the next one.

Source: https://keras.io/api/optimizers/
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import flag, number
from core.layers.gradients import Gradient
from core.learning.optimizer import Memory, Optimizer, in_type_of
from core.learning.schedules import Schedule


class SGD(Optimizer):
    """w -= rate * g; with momentum m = momentum * m - rate * g and w += m.

    With `nesterov` w += momentum * m - rate * g: the gradient is looked at where the momentum leads.
    Source: Sutskever et al. 2013, https://proceedings.mlr.press/v28/sutskever13.html
    """

    memories = ("momentum",)

    def __init__(
        self,
        learning_rate: float | Schedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.momentum = number(momentum, "momentum", minimum=0.0, maximum=1.0)
        self.nesterov = flag(nesterov, "nesterov")

    def step_one(self, w: Array, gradient: Gradient, rate: Any, memory: Memory) -> Array:
        """Take one step."""
        g = gradient.dense()
        if not self.momentum:
            return w - g * rate
        momentum = in_type_of(self.momentum, w)
        m = memory["momentum"] = memory["momentum"] * momentum - g * rate
        return w + (m * momentum - g * rate) if self.nesterov else w + m


class Adam(Optimizer):
    """m += (1 - beta_1) * (g - m), v += (1 - beta_2) * (g^2 - v), w -= a * m / (sqrt(v) + epsilon).

    a = rate * sqrt(1 - beta_2^t) / (1 - beta_1^t) at step t = 1, 2, ...; epsilon stands outside the correction. With
    `amsgrad` the largest v so far is divided by. Source: Kingma and Ba 2015, https://arxiv.org/abs/1412.6980
    """

    memories = ("momentum", "velocity")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.beta_1 = number(beta_1, "beta_1", minimum=0.0, maximum=1.0)
        self.beta_2 = number(beta_2, "beta_2", minimum=0.0, maximum=1.0)
        self.epsilon = number(epsilon, "epsilon", minimum=0.0)
        self.amsgrad = flag(amsgrad, "amsgrad")
        self.further_memories = ("largest",) if self.amsgrad else ()

    def step_one(self, w: Array, gradient: Gradient, rate: Any, memory: Memory) -> Array:
        """Take one step."""
        t = w.dtype.type(self.iterations + 1)
        a = rate * np.sqrt(1 - in_type_of(self.beta_2, w) ** t) / (1 - in_type_of(self.beta_1, w) ** t)
        m, v = memory["momentum"], memory["velocity"]
        # one array for all that follows: large tables make this the slow part of a step
        spare = gradient.dense() - m
        spare *= 1 - self.beta_1
        m += spare
        np.subtract(gradient.squared(), v, out=spare)
        spare *= 1 - self.beta_2
        v += spare
        if self.amsgrad:
            v = memory["largest"] = np.maximum(memory.get("largest", 0), v)
        np.sqrt(v, out=spare)
        spare += self.epsilon
        np.divide(m, spare, out=spare)
        spare *= a
        return np.subtract(w, spare, out=spare)


class AdamW(Adam):
    """`Adam` with weight decay. Source: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101."""

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(
            learning_rate, beta_1, beta_2, epsilon, amsgrad,
            weight_decay=weight_decay, clipnorm=clipnorm, clipvalue=clipvalue, global_clipnorm=global_clipnorm,
        )  # fmt: skip


class RMSprop(Optimizer):
    """v = rho * v + (1 - rho) * g^2, w -= rate * g / sqrt(v + epsilon); epsilon stands under the root, as in Keras.

    With `momentum` m = momentum * m + step and w -= m; with `centered` the mean gradient squared is taken from v.
    Source: Tieleman and Hinton 2012, lecture 6e of "Neural networks for machine learning"
    """

    memories = ("velocity", "momentum", "average_gradient")

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        super().__init__(learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm)
        self.rho = number(rho, "rho", minimum=0.0, maximum=1.0)
        self.momentum = number(momentum, "momentum", minimum=0.0, maximum=1.0)
        self.epsilon = number(epsilon, "epsilon", minimum=0.0)
        self.centered = flag(centered, "centered")

    def step_one(self, w: Array, gradient: Gradient, rate: Any, memory: Memory) -> Array:
        """Take one step."""
        g = gradient.dense()
        v = memory["velocity"] = self.rho * memory["velocity"] + (1 - self.rho) * gradient.squared()
        if self.centered:
            mean = memory["average_gradient"] = self.rho * memory["average_gradient"] + (1 - self.rho) * g
            v = v - np.square(mean)
        step = rate * g / np.sqrt(v + self.epsilon)
        if self.momentum:
            step = memory["momentum"] = self.momentum * memory["momentum"] + step
        return w - step
