"""How far a training is, on a stream: a bar that grows through the epoch, and a line for each epoch that is over."""

from __future__ import annotations

import time
from typing import Protocol, TextIO

_WIDTH = 24  # characters of the bar
_PAUSE = 0.1  # seconds between two drawings, so that drawing takes no time from training


class Progress(Protocol):
    """What `fit` tells as it goes."""

    def begin(self, epochs: int, steps: int) -> None:
        """The training begins: so many epochs of so many steps."""

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
            full = _WIDTH * self._done // max(self._steps, 1)
            left = (now - self._started) / self._done * (self._steps - self._done)
            bar = "#" * full + "." * (_WIDTH - full)
            self._stream.write(f"\r{self._done}/{self._steps} [{bar}] {left:.0f}s left  {_show(logs)}")
            self._stream.flush()

    def epoch(self, number: int, logs: dict[str, float]) -> None:
        """Write the epoch's line in the place of the bar."""
        seconds = time.monotonic() - self._started
        line = f"epoch {number + 1}/{self._epochs}  {seconds:.0f}s  {_show(logs)}"
        self._stream.write(f"\r{line:<100}\n")
        self._stream.flush()
        self._done, self._started = 0, time.monotonic()


def _show(logs: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
