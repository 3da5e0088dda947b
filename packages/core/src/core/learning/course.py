"""The course of a training: its epochs, what is drawn in them, and who follows it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.checks import integer
from core.learning.callbacks import Callback, Logs, check_callbacks
from core.learning.history import History
from core.learning.progress import TrainingProgress
from core.learning.trainer import Trainer


class Course:
    """The options of `core.Model.fit` of those names. Raises `InputError` for values that they cannot have."""

    def __init__(
        self,
        epochs: int,
        initial_epoch: int,
        validation_freq: int | Sequence[int],
        callbacks: Callback | Sequence[Callback] | None,
        checkpoint: str | Path | None,
        progress: TrainingProgress | None,
        seed: int,
    ) -> None:
        self.first = integer(initial_epoch, "initial_epoch", minimum=0)
        self.end = integer(epochs, "epochs", minimum=0)
        self.seed = integer(seed, "seed", minimum=0, maximum=2**63)
        self.callbacks = check_callbacks(callbacks)
        self.checkpoint = checkpoint
        self.progress = progress
        several = isinstance(validation_freq, list | tuple | set)
        #: The epochs, counted from 1, that end with validation; or every how many of them.
        self._validated: Any = (
            {integer(one, "validation_freq") for one in validation_freq}  # type: ignore[union-attr]
            if several
            else integer(validation_freq, "validation_freq")
        )

    def validates(self, epoch: int) -> bool:
        """Return whether an epoch, counted from 0, ends with validation."""
        if isinstance(self._validated, set):
            return epoch + 1 in self._validated
        return (epoch + 1) % self._validated == 0

    def generator(self, epoch: int) -> np.random.Generator:
        """Return what an epoch draws from, which no other epoch does."""
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(epoch,)))

    def begin(self, names: Sequence[str]) -> None:
        """Let every callback look at its options; `names` are those of the scores."""
        for callback in self.callbacks:
            callback.begin(None if any(one.adds_scores for one in self.callbacks) else names)

    def end_epoch(self, trainer: Trainer, history: History, epoch: int, logs: Logs) -> bool:
        """Tell everybody the scores of an epoch; return whether one of the callbacks ends the training."""
        verdicts = [callback.on_epoch_end(trainer, epoch, logs) for callback in self.callbacks]
        history.add(epoch, logs)
        if self.progress is not None:
            self.progress.epoch(epoch, logs)
        return any(verdicts)
