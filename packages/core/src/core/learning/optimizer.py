"""An optimizer turns gradients into steps; its formulas, names and rounding are Keras'.

It keeps what it remembers of former steps (`momentum`, `velocity`) by parameter, and counts its steps.
Source: https://keras.io/api/optimizers/
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array
from core.checks import number
from core.errors import InputError
from core.layers.gradients import Gradient, as_gradient
from core.learning.clipping import clip_by_global_norm, clip_by_norm, clip_by_value
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
        learning_rate: float | Schedule,
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

    def step(self, values: Sequence[Array], gradients: Sequence[Array | Gradient]) -> list[Array]:
        """Return the new values of all parameters, in the same order at every call."""
        if not self.memory:
            self.memory = [{name: np.zeros_like(value) for name in self.memories} for value in values]
        if len(self.memory) != len(values):
            raise InputError(f"this optimizer has taken steps with {len(self.memory)} parameters, got {len(values)}")
        rate = self.learning_rate
        clipped = self._clipped([as_gradient(gradient) for gradient in gradients])
        if self.weight_decay is not None:
            values = [w - w * in_type_of(self.weight_decay, w) * w.dtype.type(rate) for w in values]
        new = [
            self.step_one(value, gradient, value.dtype.type(rate), memory)
            for value, gradient, memory in zip(values, clipped, self.memory, strict=True)
        ]
        self.iterations += 1
        return new

    def step_one(self, w: Array, gradient: Gradient, rate: Any, memory: Memory) -> Array:
        """Return the new value of the parameter w; may change `memory`."""
        raise NotImplementedError

    def _clipped(self, gradients: Sequence[Gradient]) -> Sequence[Gradient]:
        if self.clipnorm is not None:
            return [clip_by_norm(gradient, self.clipnorm) for gradient in gradients]
        if self.clipvalue is not None:
            return [clip_by_value(gradient, self.clipvalue) for gradient in gradients]
        if self.global_clipnorm is not None:
            return clip_by_global_norm(gradients, self.global_clipnorm)
        return gradients


def in_type_of(option: float, w: Array) -> Any:
    """Return an option in the type of a parameter; TensorFlow rounds it to float32 first, in a float64 network too."""
    return w.dtype.type(np.float32(option))


def _positive(value: float | None, option: str) -> float | None:
    """Check an option that is off where it is None."""
    if value is not None and number(value, option, minimum=0.0) == 0:
        raise InputError(f"{option} must be larger than 0, or None for none, got {value!r}")
    return value
