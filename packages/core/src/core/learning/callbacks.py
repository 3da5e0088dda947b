"""Callbacks look at the scores after every epoch and act: stop, lower the learning rate, keep the best weights.

Names and rules are Keras'. What a callback remembers goes into the checkpoint of `fit` (`state`), so that a training that
was killed goes on as if nothing had happened. Source: https://keras.io/api/callbacks/
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array
from core.checks import integer, number, one_of
from core.errors import InputError
from core.layers.trainable import parameters
from core.learning.trainer import Trainer

#: The scores of one epoch by name: loss, accuracy, val_loss, val_accuracy, learning_rate.
Logs = dict[str, float]
State = dict[str, Array]


class Callback:
    """The common part: a callback that does nothing."""

    #: Whether it may add to the scores, so that nobody knows their names before.
    adds_scores: ClassVar[bool] = True

    def begin(self, names: Sequence[str] | None) -> None:
        """Look at the options before the first epoch; `names` are those of the scores, None where others may join them.

        Raises `InputError` for what would fail later.
        """

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Act on the scores of `epoch`, counted from 0, to which it may add; True ends the training."""
        del trainer, epoch, logs
        return False

    def on_train_end(self, trainer: Trainer) -> None:
        """Act when the last epoch is over."""

    def state(self) -> State:
        """Return what must be remembered, as arrays."""
        return {}

    def fits(self, values: Sequence[Array]) -> bool:
        """Return whether what was restored fits a network whose parameters are these."""
        del values
        return True

    def restore(self, state: State) -> None:
        """Take what `state` gave; may raise `InputError` or `KeyError` for anything else."""


class Watching(Callback):
    """A callback that watches one score: whether it is better than the best so far, by at least `min_delta`."""

    adds_scores: ClassVar[bool] = False

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        self.monitor = monitor
        self.mode = one_of(mode, "mode", ("auto", "min", "max"))
        self.min_delta = abs(number(min_delta, "min_delta"))
        self.largest_is_best = self.mode == "max" or (
            self.mode == "auto" and monitor.endswith(("acc", "accuracy", "f1", "precision", "recall"))
        )
        self.best = -math.inf if self.largest_is_best else math.inf

    def begin(self, names: Sequence[str] | None) -> None:
        """Raise `InputError` unless there is such a score."""
        self._known = names is not None
        if names is not None and self.monitor not in names:
            raise InputError(f"{type(self).__name__} watches {self.monitor!r}, but there are only {', '.join(names)}")

    def current(self, logs: Logs) -> float | None:
        """Return the score, None in an epoch without validation. Raises `InputError` where there is none of that name."""
        if self.monitor not in logs and not getattr(self, "_known", False):
            raise InputError(f"{type(self).__name__} watches {self.monitor!r}, but there are only {', '.join(logs)}")
        return logs.get(self.monitor)

    def improves(self, current: float) -> bool:
        """Return whether `current` is better than the best."""
        if self.largest_is_best:
            return current - self.min_delta > self.best
        return current + self.min_delta < self.best


class EarlyStopping(Watching):
    """Stops after `patience` epochs without a better score, and puts the best weights back if asked to."""

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        mode: str = "auto",
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.patience = integer(patience, "patience", minimum=0)
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = integer(start_from_epoch, "start_from_epoch", minimum=0)
        self.wait = 0
        self.best_weights: list[Array] = []

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Keep the weights if they are the best so far, else wait."""
        current = self.current(logs)
        if current is None or epoch < self.start_from_epoch:
            return False
        if self.restore_best_weights and not self.best_weights:
            self.best_weights = _weights(trainer)
        self.wait += 1
        if self.improves(current):
            self.best, self.wait = current, 0
            if self.restore_best_weights:
                self.best_weights = _weights(trainer)
            return False
        return self.wait >= self.patience and epoch > 0

    def on_train_end(self, trainer: Trainer) -> None:
        """Put the best weights back."""
        for parameter, value in zip(parameters(trainer.model), self.best_weights, strict=bool(self.best_weights)):
            parameter.layer.assign(parameter.name, value)

    def fits(self, values: Sequence[Array]) -> bool:
        """Return whether the best weights are those of this network."""
        kinds = [[(one.shape, one.dtype) for one in arrays] for arrays in (values, self.best_weights)]
        return not self.best_weights or kinds[0] == kinds[1]

    def state(self) -> State:
        """Remember the best."""
        weights = {f"weights/{index}": value for index, value in enumerate(self.best_weights)}
        return {"best": np.array(self.best), "wait": np.array(self.wait), **weights}

    def restore(self, state: State) -> None:
        """Take them over."""
        self.best, self.wait = float_of(state, "best"), count_of(state, "wait")
        self.best_weights = [state[f"weights/{index}"] for index in range(len(state) - 2)]


class ReduceLROnPlateau(Watching):
    """Multiplies the learning rate by `factor` after `patience` epochs without a better score, down to `min_lr`.

    After that the next `cooldown` epochs do not count.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__(monitor, mode, min_delta)
        self.factor = number(factor, "factor", minimum=0.0)
        if self.factor >= 1:
            raise InputError(f"factor must be below 1, got {factor!r}")
        self.patience = integer(patience, "patience", minimum=0)
        self.cooldown = integer(cooldown, "cooldown", minimum=0)
        self.min_lr = number(min_lr, "min_lr", minimum=0.0)
        self.wait = self.cooling = 0

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Lower the learning rate where the score stands still."""
        current = self.current(logs)
        logs["learning_rate"] = trainer.optimizer.learning_rate
        if current is None:
            return False
        if self.cooling:
            self.cooling, self.wait = self.cooling - 1, 0
        if self.improves(current):
            self.best, self.wait = current, 0
        elif not self.cooling:
            self.wait += 1
            rate = trainer.optimizer.learning_rate
            if self.wait >= self.patience and rate > self.min_lr:
                trainer.optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooling, self.wait = self.cooldown, 0
        return False

    def state(self) -> State:
        """Return the best and how long it is ago."""
        return {name: np.array(getattr(self, name)) for name in ("best", "wait", "cooling")}

    def restore(self, state: State) -> None:
        """Take them over."""
        self.best, self.wait, self.cooling = (
            float_of(state, "best"),
            count_of(state, "wait"),
            count_of(state, "cooling"),
        )


def _weights(trainer: Trainer) -> list[Array]:
    """Copy all parameters, statistics too."""
    return [parameter.value.copy() for parameter in parameters(trainer.model)]


def check_callbacks(given: Any) -> list[Callback]:
    """Return the callbacks as a list. Raises `InputError` for anything else."""
    if given is None:
        return []
    found = list(given) if isinstance(given, list | tuple) else [given]
    for callback in found:
        if not isinstance(callback, Callback):
            raise InputError(
                f"callbacks must be core.learning callbacks, got {callback!r}; those of Keras' names are in core.learning"
            )
    return found


def float_of(state: State, name: str) -> float:
    """Return a number of a checkpoint. Raises `InputError` where it is something else."""
    value = state[name]
    if value.shape or value.dtype.kind != "f" or np.isnan(value):
        raise InputError(f"{name!r} must be a number, got {value.dtype} of shape {value.shape}")
    return float(value)


def count_of(state: State, name: str) -> int:
    """Return a count of a checkpoint. Raises `InputError` where it is something else."""
    value = state[name]
    if value.shape or value.dtype.kind not in "iu" or value < 0:
        raise InputError(f"{name!r} must be a count, got {value.dtype} of shape {value.shape}")
    return int(value)
