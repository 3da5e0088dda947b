"""While a network learns, the terminal says which variant, epoch and step it is at, how well it does, and how long it will take.

On a terminal a bar moves; elsewhere (a file, a pipe) there is one plain line an epoch, without control codes.
"""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TaskID, TextColumn
from rich.progress import Progress as Bar

DRAWS_A_SECOND = 4


class TrainingProgress:
    """Follows one training; to be used as a context manager around it."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.epochs = self.steps = self.done = 0
        self.started = 0.0
        self.task = TaskID(0)
        self.bar = Bar(
            TextColumn(
                "  epoch {task.fields[epoch]}/{task.fields[epochs]}  step {task.fields[step]}/{task.fields[steps]}"
            ),
            BarColumn(bar_width=24),
            TextColumn("loss {task.fields[loss]:.4f}  {task.fields[left]} left"),
            console=console,
            refresh_per_second=DRAWS_A_SECOND,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> TrainingProgress:
        self.bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bar.stop()

    def begin(self, epochs: int, steps: int) -> None:
        """Start the clock of a training of so many epochs of so many steps each."""
        self.epochs, self.steps, self.done = epochs, steps, 0
        self.started = time.perf_counter()
        self.task = self.bar.add_task(
            "", total=epochs * steps, epoch=1, epochs=epochs, step=0, steps=steps, loss=float("nan"), left="?"
        )

    def step(self, logs: dict[str, float]) -> None:
        """Count one step."""
        self.done += 1
        epoch, step = divmod(self.done - 1, self.steps)
        self.bar.update(
            self.task,
            completed=self.done,
            epoch=epoch + 1,
            step=step + 1,
            loss=logs.get("loss", float("nan")),
            left=duration(self._seconds_left()),
        )

    def epoch(self, epoch: int, logs: dict[str, float]) -> None:
        """Print the line of a finished epoch (counted from 0)."""
        scores = "  ".join(
            f"{name.replace('val_', 'validation ').replace('_', ' ')} {logs[name]:.4f}"
            for name in ("loss", "val_loss", "val_accuracy", "val_macro_f1")
            if name in logs
        )
        self.console.print(
            f"  epoch {epoch + 1:2d}/{self.epochs}  {scores}  {duration(self._seconds_left())} left",
            highlight=False,
            soft_wrap=True,
        )

    def _seconds_left(self) -> float:
        spent = time.perf_counter() - self.started
        return spent / max(self.done, 1) * (self.epochs * self.steps - self.done)


def duration(seconds: float) -> str:
    """Write 12 s, 3 min 05 s, or 1 h 02 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
