"""Callbacks look at the scores after every epoch and act: stop, lower the learning rate, keep the best weights, write a log.

Names and rules are Keras'. What a callback remembers goes into the checkpoint of `fit` (`state`), so that a training that
was killed goes on as if nothing had happened. Source: https://keras.io/api/callbacks/
"""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.learning.parameters import parameters
from core.learning.trainer import Trainer
from core.options import integer, number, one_of

#: The scores of one epoch by name: loss, accuracy, val_loss, val_accuracy, learning_rate.
Logs = dict[str, float]
State = dict[str, Array]


class Callback:
    """The common part: a callback that does nothing."""

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Act on the scores of `epoch`, counted from 0, to which it may add; True ends the training."""
        del trainer, epoch, logs
        return False

    def on_train_end(self, trainer: Trainer) -> None:
        """Act when the last epoch is over."""

    def state(self) -> State:
        """Give what must be remembered, as arrays."""
        return {}

    def restore(self, state: State) -> None:
        """Take what `state` gave."""


class _Watching(Callback):
    """A callback that watches one score: whether it is better than the best so far, by at least `min_delta`."""

    def __init__(self, monitor: str, mode: str, min_delta: float) -> None:
        self.monitor = monitor
        self.mode = one_of(mode, "mode", ("auto", "min", "max"))
        self.min_delta = abs(number(min_delta, "min_delta"))
        self.largest_is_best = self.mode == "max" or (
            self.mode == "auto" and monitor.endswith(("acc", "accuracy", "f1"))
        )
        self.best = -math.inf if self.largest_is_best else math.inf

    def current(self, logs: Logs) -> float:
        """Give the score. Raises `InputError` where there is none of that name."""
        if self.monitor not in logs:
            raise InputError(f"{type(self).__name__} watches {self.monitor!r}, but there are only {', '.join(logs)}")
        return logs[self.monitor]

    def improves(self, current: float) -> bool:
        """Say whether `current` is better than the best."""
        if self.largest_is_best:
            return current - self.min_delta > self.best
        return current + self.min_delta < self.best


class EarlyStopping(_Watching):
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
        if epoch < self.start_from_epoch:
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

    def state(self) -> State:
        """Remember the best."""
        weights = {f"weights/{index}": value for index, value in enumerate(self.best_weights)}
        return {"best": np.array(self.best), "wait": np.array(self.wait), **weights}

    def restore(self, state: State) -> None:
        """Remember it again."""
        self.best, self.wait = float(state["best"]), int(state["wait"])
        self.best_weights = [state[f"weights/{index}"] for index in range(len(state) - 2)]


class ReduceLROnPlateau(_Watching):
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
        """Remember the best and how long it is ago."""
        return {name: np.array(getattr(self, name)) for name in ("best", "wait", "cooling")}

    def restore(self, state: State) -> None:
        """Remember it again."""
        self.best, self.wait, self.cooling = float(state["best"]), int(state["wait"]), int(state["cooling"])


class ModelCheckpoint(_Watching):
    """Saves the model after every epoch, or only where the score is the best so far, to `path`.

    `path` ends in ``.keras``, or with `save_weights_only` in ``.weights.h5`` or ``.npz``; ``{epoch}`` (from 1) and scores may
    stand in it, as in ``"{epoch:02d}-{val_loss:.2f}.keras"``.
    """

    def __init__(
        self,
        path: str | Path,
        monitor: str = "val_loss",
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
    ) -> None:
        super().__init__(monitor, mode, 0.0)
        self.path = str(path)
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Save."""
        if self.save_best_only:
            current = self.current(logs)
            if not self.improves(current):
                return False
            self.best = current
        path = Path(self.path.format(epoch=epoch + 1, **logs))
        if self.save_weights_only:
            trainer.model.save_weights(path)
        else:
            trainer.model.save(path)
        return False

    def state(self) -> State:
        """Remember the best."""
        return {"best": np.array(self.best)}

    def restore(self, state: State) -> None:
        """Remember it again."""
        self.best = float(state["best"])


class CSVLogger(Callback):
    """Writes the scores of every epoch as a line of a table, for a spreadsheet."""

    def __init__(self, path: str | Path, separator: str = ",") -> None:
        self.path = Path(path)
        self.separator = separator

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Write a line; the first one says what the columns are."""
        with self.path.open("w" if epoch == 0 else "a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, delimiter=self.separator)
            if epoch == 0:
                writer.writerow(["epoch", *logs])
            writer.writerow([epoch, *logs.values()])
        return False


def _weights(trainer: Trainer) -> list[Array]:
    """Copy all parameters, statistics too."""
    return [parameter.value.copy() for parameter in parameters(trainer.model)]


def check_callbacks(given: Any) -> list[Callback]:
    """Give the callbacks as a list. Raises `InputError` for anything else."""
    found = list(given or ())
    for callback in found:
        if not isinstance(callback, Callback):
            raise InputError(f"callbacks must be core.learning callbacks, got {callback!r}")
    return found
