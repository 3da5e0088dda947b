"""Callbacks that write a file after every epoch: the model, or a table of the scores. Names and rules are Keras'."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from core.checks import flag
from core.errors import InputError
from core.files.save import save_model
from core.files.weights import save_weights
from core.learning.callbacks import Callback, Logs, State, Watching, float_of
from core.learning.trainer import Trainer


class ModelCheckpoint(Watching):
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
        self.save_best_only = flag(save_best_only, "save_best_only")
        self.save_weights_only = flag(save_weights_only, "save_weights_only")
        wanted = (".weights.h5", ".npz") if self.save_weights_only else (".keras",)
        if not self.path.endswith(wanted):
            raise InputError(f"ModelCheckpoint writes files that end in {' or '.join(wanted)}, got {self.path!r}")

    def begin(self, names: Sequence[str] | None) -> None:
        """Raise `InputError` unless its path can be made, and there is a folder to write to."""
        if self.save_best_only:
            super().begin(names)
        if names is not None:
            check_folder(self._path(0, dict.fromkeys(names, 0.5)), "ModelCheckpoint")
        elif "{" not in self.path:
            check_folder(Path(self.path), "ModelCheckpoint")

    def _path(self, epoch: int, logs: Logs) -> Path:
        try:
            return Path(self.path.format(epoch=epoch + 1, **logs))
        except (KeyError, ValueError, IndexError) as error:
            raise InputError(
                f"ModelCheckpoint: {self.path!r} cannot be made of epoch, {', '.join(logs)}: {error!r}"
            ) from error

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Save."""
        if self.save_best_only:
            current = self.current(logs)
            if current is None or not self.improves(current):
                return False
            self.best = current
        path = self._path(epoch, logs)
        save = save_weights if self.save_weights_only else save_model
        save(trainer.model, path)
        return False

    def state(self) -> State:
        """Remember the best."""
        return {"best": np.array(self.best)}

    def restore(self, state: State) -> None:
        """Take them over."""
        self.best = float_of(state, "best")


class CSVLogger(Callback):
    """Writes the scores of every epoch as a line of a table, for a spreadsheet."""

    adds_scores: ClassVar[bool] = False

    def __init__(self, path: str | Path, separator: str = ",") -> None:
        self.path = Path(path)
        self.separator = separator
        if not isinstance(separator, str) or len(separator) != 1:
            raise InputError(f"separator must be one character, got {separator!r}")

    def begin(self, names: Sequence[str] | None) -> None:
        """Raise `InputError` unless there is a folder to write to."""
        del names
        check_folder(self.path, "CSVLogger")

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Write a line; the first one says what the columns are."""
        try:
            with self.path.open("w" if epoch == 0 else "a", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, delimiter=self.separator)
                if epoch == 0:
                    writer.writerow(["epoch", *logs])
                writer.writerow([epoch, *logs.values()])
        except OSError as error:
            raise InputError(f"CSVLogger: {self.path} cannot be written: {error.strerror}") from error
        return False


def check_folder(path: Path, what: str) -> None:
    """Raise `InputError` unless a file can be written to the folder that `path` stands in."""
    folder = path.parent
    if path.is_dir():
        raise InputError(f"{what}: {path} is a folder")
    if not folder.is_dir():
        raise InputError(f"{what}: there is no folder {folder}: make it first")
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"{what}: {folder} cannot be written to: {error.strerror}") from error
