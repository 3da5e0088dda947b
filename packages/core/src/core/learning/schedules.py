"""A schedule says how large the learning rate is at each step; it is a function of the number of steps taken so far.

Source: https://keras.io/api/optimizers/learning_rate_schedules/
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.checks import flag, integer, number
from core.errors import InputError


class Schedule(Protocol):
    """What every schedule is."""

    def __call__(self, step: int) -> float:
        """Return the learning rate of step number `step`, counted from 0."""


@dataclass(frozen=True)
class Constant:
    """rate = learning_rate."""

    learning_rate: float

    def __post_init__(self) -> None:
        number(self.learning_rate, "learning_rate", minimum=0.0)

    def __call__(self, step: int) -> float:
        """Return the learning rate."""
        return self.learning_rate


@dataclass(frozen=True)
class ExponentialDecay:
    """rate = initial_learning_rate * decay_rate ** (step / decay_steps); with `staircase` the fraction is cut off."""

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False

    def __post_init__(self) -> None:
        number(self.initial_learning_rate, "initial_learning_rate", minimum=0.0)
        integer(self.decay_steps, "decay_steps")
        number(self.decay_rate, "decay_rate", minimum=0.0)
        flag(self.staircase, "staircase")

    def __call__(self, step: int) -> float:
        """Return the learning rate."""
        progress = step // self.decay_steps if self.staircase else step / self.decay_steps
        return self.initial_learning_rate * self.decay_rate**progress


@dataclass(frozen=True)
class PiecewiseConstantDecay:
    """rate = values[i], i the number of `boundaries` that lie below the step."""

    boundaries: Sequence[int]
    values: Sequence[float]

    def __post_init__(self) -> None:
        for kind, given in (("boundaries", self.boundaries), ("values", self.values)):
            if not isinstance(given, list | tuple):
                raise InputError(f"{kind} must be a list of numbers, got {given!r}")
            for one in given:
                number(one, kind)
        if len(self.values) != len(self.boundaries) + 1 or sorted(self.boundaries) != list(self.boundaries):
            raise InputError("values must be one more than boundaries, and these must rise")

    def __call__(self, step: int) -> float:
        """Return the learning rate."""
        return self.values[sum(step > boundary for boundary in self.boundaries)]


@dataclass(frozen=True)
class CosineDecay:
    """rate = r * ((1 - alpha) * (1 + cos(pi * step / decay_steps)) / 2 + alpha), constant after `decay_steps`.

    With `warmup_target` the rate first rises in a line from `initial_learning_rate` to the target, in `warmup_steps`, and
    decays from there. Source: Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983
    """

    initial_learning_rate: float
    decay_steps: int
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0

    def __post_init__(self) -> None:
        number(self.initial_learning_rate, "initial_learning_rate", minimum=0.0)
        integer(self.decay_steps, "decay_steps")
        number(self.alpha, "alpha")
        if self.warmup_target is not None:
            number(self.warmup_target, "warmup_target", minimum=0.0)
        integer(self.warmup_steps, "warmup_steps", minimum=0)

    def __call__(self, step: int) -> float:
        """Return the learning rate."""
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                return start + (self.warmup_target - start) * step / self.warmup_steps
            step, start = step - self.warmup_steps, self.warmup_target
        return start * _cosine(min(step / self.decay_steps, 1.0), 1.0, self.alpha)


@dataclass(frozen=True)
class CosineDecayRestarts:
    """`CosineDecay` again and again: each period `t_mul` times as long as the one before, starting `m_mul` times as high.

    Source: Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983
    """

    initial_learning_rate: float
    first_decay_steps: int
    t_mul: float = 2.0
    m_mul: float = 1.0
    alpha: float = 0.0

    def __post_init__(self) -> None:
        number(self.initial_learning_rate, "initial_learning_rate", minimum=0.0)
        integer(self.first_decay_steps, "first_decay_steps")
        number(self.t_mul, "t_mul", minimum=1.0)
        number(self.m_mul, "m_mul")
        number(self.alpha, "alpha")

    def __call__(self, step: int) -> float:
        """Return the learning rate."""
        length, height, left = float(self.first_decay_steps), 1.0, float(step)
        while left >= length:
            left, length, height = left - length, length * self.t_mul, height * self.m_mul
        return self.initial_learning_rate * _cosine(left / length, height, self.alpha)


def _cosine(progress: float, height: float, alpha: float) -> float:
    return (1 - alpha) * 0.5 * height * (1 + math.cos(math.pi * progress)) + alpha
