"""How far a training is, on a stream: a bar that grows through the epoch, or only a line for each epoch that is over."""

from __future__ import annotations

import sys
import time
from typing import Protocol, TextIO

from core.errors import InputError

_WIDTH = 24  # characters of the bar
_PAUSE = 0.1  # seconds between two drawings, so that drawing takes no time from training


class TrainingProgress(Protocol):
    """What `fit` tells as it goes."""

    def begin(self, epochs: int, steps: int) -> None:
        """The training begins: so many epochs of so many steps, 0 where their number is not known."""

    def step(self, logs: dict[str, float]) -> None:
        """A step is done; `logs` are the scores of the epoch so far."""

    def epoch(self, number: int, logs: dict[str, float]) -> None:
        """An epoch is over, counted from 0."""


class ProgressBar:
    """Draws on `stream`, for instance `sys.stderr`: ``model.fit(..., progress=ProgressBar(sys.stderr))``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._epochs = self._steps = self._done = 0
        self._started = self._drawn = 0.0

    def begin(self, epochs: int, steps: int) -> None:
        """Remember how much there is to do."""
        self._epochs, self._steps = epochs, steps
        self._started = time.monotonic()

    def step(self, logs: dict[str, float]) -> None:
        """Draw the bar, at most every tenth of a second."""
        self._done += 1
        now = time.monotonic()
        if now - self._drawn >= _PAUSE:
            self._drawn = now
            self._stream.write(f"\r{self._bar(now)}  {_show(logs)}")
            self._stream.flush()

    def _bar(self, now: float) -> str:
        if not self._steps:
            return f"{self._done} steps"
        full = _WIDTH * min(self._done, self._steps) // self._steps
        left = (now - self._started) / self._done * max(self._steps - self._done, 0)
        return f"{self._done}/{self._steps} [{'#' * full}{'.' * (_WIDTH - full)}] {left:.0f}s left"

    def epoch(self, number: int, logs: dict[str, float]) -> None:
        """Write the epoch's line in the place of the bar."""
        seconds = time.monotonic() - self._started
        line = f"epoch {number + 1}/{self._epochs}  {seconds:.0f}s  {_show(logs)}"
        self._stream.write(f"\r{line:<100}\n")
        self._stream.flush()
        self._done, self._started = 0, time.monotonic()


class EpochLines:
    """Writes a line on `stream` for each epoch and nothing in between."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._epochs = 0

    def begin(self, epochs: int, steps: int) -> None:
        """Remember how much there is to do."""
        del steps
        self._epochs = epochs

    def step(self, logs: dict[str, float]) -> None:
        """Write nothing."""

    def epoch(self, number: int, logs: dict[str, float]) -> None:
        """Write the line."""
        self._stream.write(f"epoch {number + 1}/{self._epochs}  {_show(logs)}\n")
        self._stream.flush()


def progress_of(verbose: int | str, progress: TrainingProgress | None = None) -> TrainingProgress | None:
    """Return what shows a training: `progress` if it is given, else by Keras' `verbose` on the standard output.

    0 is nothing, 1 a bar, 2 a line for each epoch; "auto" is a bar where someone looks (a terminal, a notebook). Raises
    `InputError` for anything else.
    """
    if not isinstance(verbose, int | str) or verbose not in (0, 1, 2, "auto"):
        raise InputError(f"verbose must be 0, 1, 2 or 'auto', got {verbose!r}")
    if progress is not None:
        if not all(callable(getattr(progress, name, None)) for name in ("begin", "step", "epoch")):
            raise InputError(
                f"progress must have begin, step and epoch, as core.learning.ProgressBar, got {progress!r}"
            )
        return progress
    if verbose == "auto":
        verbose = int(sys.stdout is not None and (sys.stdout.isatty() or "ipykernel" in sys.modules))
    if not verbose:
        return None
    return EpochLines(sys.stdout) if verbose == 2 else ProgressBar(sys.stdout)


def _show(logs: dict[str, float]) -> str:
    """Write scores; what would move the cursor is left out of their names, which may come from a stranger's file."""
    shown = {"".join(letter for letter in name if letter.isprintable()): value for name, value in logs.items()}
    return "  ".join(f"{name} {value:.4f}" for name, value in shown.items())
