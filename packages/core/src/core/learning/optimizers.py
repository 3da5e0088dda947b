"""An optimiser turns gradients into steps; its formulas, names and rounding are Keras'.

It keeps what it remembers of former steps (`momentum`, `velocity`) by parameter, and counts its steps.
Source: https://keras.io/api/optimizers/
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array
from core.checks import flag, number
from core.errors import InputError
from core.layers.gradients import Rows, dense
from core.learning.clipping import Slope, clip_by_global_norm, clip_by_norm, clip_by_value
from core.learning.schedules import Constant, Schedule

Memory = dict[str, Array]


class Optimizer:
    """The common part: the learning rate, clipping and weight decay; a subclass writes one step of one parameter.

    At most one of `clipnorm` (each gradient by itself), `clipvalue` and `global_clipnorm` may be given. `weight_decay` takes
    learning rate * weight decay * w from every parameter before the step (Loshchilov and Hutter 2019).
    """

    #: What is remembered of each parameter, zeros at first.
    memories: ClassVar[tuple[str, ...]] = ()
    #: What an option lets it remember further from the first step on.
    further_memories: tuple[str, ...] = ()

    def __init__(
        self,
        learning_rate: float | Schedule = 0.001,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
    ) -> None:
        self.schedule: Schedule = learning_rate if callable(learning_rate) else Constant(learning_rate)
        if isinstance(self.schedule, Constant):
            number(learning_rate, "learning_rate", minimum=0.0)
        self.weight_decay = _positive(weight_decay, "weight_decay")
        self.clipnorm = _positive(clipnorm, "clipnorm")
        self.clipvalue = _positive(clipvalue, "clipvalue")
        self.global_clipnorm = _positive(global_clipnorm, "global_clipnorm")
        if sum(value is not None for value in (clipnorm, clipvalue, global_clipnorm)) > 1:
            raise InputError("give only one of clipnorm, clipvalue and global_clipnorm")
        self.iterations = 0
        self.memory: list[Memory] = []
        self._owners: list[tuple[Any, str]] | None = None

    @property
    def learning_rate(self) -> float:
        """The rate of the next step."""
        return self.schedule(self.iterations)

    @learning_rate.setter
    def learning_rate(self, value: float) -> None:
        if not isinstance(self.schedule, Constant):
            raise InputError("the learning rate follows a schedule, so it cannot be set")
        self.schedule = Constant(value)

    def belong_to(self, slots: Sequence[tuple[Any, str]], shapes: Sequence[tuple[int, ...]]) -> None:
        """Belong to the parameters of one model from the first step on: what is remembered is of no use to another.

        `slots` are a layer and a name each. Raises `InputError` where steps were taken with others.
        """
        owners = [(weakref.ref(layer), name) for layer, name in slots]
        remembered = [value.shape for memory in self.memory for value in memory.values()]
        expected = [shape for shape in shapes for _ in self.memory[0]] if self.memory else []
        same = self._owners == owners if self._owners else remembered == expected
        if self.memory and not same:
            raise InputError(
                f"this {type(self).__name__} has taken {self.iterations} steps with the parameters of another model, or with "
                "other layers frozen; make a new one"
            )
        self._owners = owners

    def __getstate__(self) -> dict[str, Any]:
        """Leave the model behind in a copy."""
        return self.__dict__ | {"_owners": None}

    def step(self, values: Sequence[Array], gradients: Sequence[Slope]) -> list[Array]:
        """Give the new values of all parameters, in the same order at every call."""
        if not self.memory:
            self.memory = [{name: np.zeros_like(value) for name in self.memories} for value in values]
        if len(self.memory) != len(values):
            raise InputError(f"this optimizer has taken steps with {len(self.memory)} parameters, got {len(values)}")
        rate = self.learning_rate
        clipped = self._clipped(gradients)
        if self.weight_decay is not None:
            values = [w - w * _cast(self.weight_decay, w) * w.dtype.type(rate) for w in values]
        new = [
            self.step_one(value, gradient, value.dtype.type(rate), memory)
            for value, gradient, memory in zip(values, clipped, self.memory, strict=True)
        ]
        self.iterations += 1
        return new

    def step_one(self, w: Array, gradient: Slope, rate: Any, memory: Memory) -> Array:
        """Give the new value of the parameter w; may change `memory`."""
        raise NotImplementedError

    def _clipped(self, gradients: Sequence[Slope]) -> Sequence[Slope]:
        if self.clipnorm is not None:
            return [clip_by_norm(gradient, self.clipnorm) for gradient in gradients]
        if self.clipvalue is not None:
            return [clip_by_value(gradient, self.clipvalue) for gradient in gradients]
        if self.global_clipnorm is not None:
            return clip_by_global_norm(gradients, self.global_clipnorm)
        return gradients


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
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.momentum = number(momentum, "momentum", minimum=0.0, maximum=1.0)
        self.nesterov = flag(nesterov, "nesterov")

    def step_one(self, w: Array, gradient: Slope, rate: Any, memory: Memory) -> Array:
        """Take one step."""
        g = dense(gradient)
        if not self.momentum:
            return w - g * rate
        momentum = _cast(self.momentum, w)
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
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.beta_1 = number(beta_1, "beta_1", minimum=0.0, maximum=1.0)
        self.beta_2 = number(beta_2, "beta_2", minimum=0.0, maximum=1.0)
        self.epsilon = number(epsilon, "epsilon", minimum=0.0)
        self.amsgrad = flag(amsgrad, "amsgrad")
        self.further_memories = ("largest",) if self.amsgrad else ()

    def step_one(self, w: Array, gradient: Slope, rate: Any, memory: Memory) -> Array:
        """Take one step."""
        t = w.dtype.type(self.iterations + 1)
        a = rate * np.sqrt(1 - _cast(self.beta_2, w) ** t) / (1 - _cast(self.beta_1, w) ** t)
        m, v = memory["momentum"], memory["velocity"]
        room = (
            dense(gradient) - m
        )  # one spare array for all that follows: large tables make this the slow part of a step
        room *= 1 - self.beta_1
        m += room
        np.subtract(squared(gradient), v, out=room)
        room *= 1 - self.beta_2
        v += room
        if self.amsgrad:
            v = memory["largest"] = np.maximum(memory.get("largest", 0), v)
        np.sqrt(v, out=room)
        room += self.epsilon
        np.divide(m, room, out=room)
        room *= a
        return np.subtract(w, room, out=room)


class AdamW(Adam):
    """`Adam` with weight decay. Source: Loshchilov and Hutter 2019, https://arxiv.org/abs/1711.05101."""

    def __init__(self, learning_rate: float | Schedule = 0.001, weight_decay: float = 0.004, **options: Any) -> None:
        super().__init__(learning_rate, weight_decay=weight_decay, **options)


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
        **common: Any,
    ) -> None:
        super().__init__(learning_rate, **common)
        self.rho = number(rho, "rho", minimum=0.0, maximum=1.0)
        self.momentum = number(momentum, "momentum", minimum=0.0, maximum=1.0)
        self.epsilon = number(epsilon, "epsilon", minimum=0.0)
        self.centered = flag(centered, "centered")

    def step_one(self, w: Array, gradient: Slope, rate: Any, memory: Memory) -> Array:
        """Take one step."""
        g = dense(gradient)
        v = memory["velocity"] = self.rho * memory["velocity"] + (1 - self.rho) * squared(gradient)
        if self.centered:
            mean = memory["average_gradient"] = self.rho * memory["average_gradient"] + (1 - self.rho) * g
            v = v - np.square(mean)
        step = rate * g / np.sqrt(v + self.epsilon)
        if self.momentum:
            step = memory["momentum"] = self.momentum * memory["momentum"] + step
        return w - step


def squared(gradient: Slope) -> Array:
    """Square a gradient; of a row that was looked up more than once Keras adds up the squares and not the gradients.

    Frequent tokens so take other steps than Adam and RMSprop mean, in every embedding that Keras ever trained.
    """
    if isinstance(gradient, Rows):
        return Rows(gradient.ids, np.square(gradient.values), gradient.rows).dense()
    return np.square(gradient)


def _cast(option: float, w: Array) -> Any:
    """Give an option in the type of a parameter; TensorFlow rounds it to float32 on the way, in a float64 network too."""
    return w.dtype.type(np.float32(option))


def _positive(value: float | None, option: str) -> float | None:
    """Check an option that is off where it is None."""
    if value is not None and number(value, option, minimum=0.0) == 0:
        raise InputError(f"{option} must be larger than 0, or None for none, got {value!r}")
    return value


#: By Keras' name in lower case.
OPTIMIZERS: dict[str, type[Optimizer]] = {kind.__name__.lower(): kind for kind in (SGD, Adam, AdamW, RMSprop)}


def find_optimizer(given: Optimizer | str) -> Optimizer:
    """Give the optimiser, or the one of that name with Keras' defaults."""
    if isinstance(given, Optimizer):
        return given
    if not isinstance(given, str) or given.lower() not in OPTIMIZERS:
        raise InputError(f"optimizer must be an Optimizer or one of {', '.join(OPTIMIZERS)}, got {given!r}")
    return OPTIMIZERS[given.lower()]()
