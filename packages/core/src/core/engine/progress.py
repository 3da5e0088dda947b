"""A line on the terminal that says how far a prediction is."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TextIO, TypeAlias

#: Called with the rows that are done and the rows that there are (None where nobody knows).
Progress: TypeAlias = Callable[[int, int | None], None]

#: Seconds between two changes of the line.
PAUSE = 0.1


class ProgressLine:
    """Writes ``1,200 of 10,000 rows, 3 s left`` to the standard error, over the line before."""

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = sys.stderr if stream is None else stream
        self._clock = clock
        self._start = self._last = clock()

    def __call__(self, done: int, total: int | None) -> None:
        """Write the line anew, ten times a second at most; the last one ends it."""
        now = self._clock()
        if done != total and now - self._last < PAUSE:
            return
        self._last = now
        if total is None:
            text = f"{done:,} rows"
        else:
            left = (now - self._start) * (total - done) / max(1, done)
            text = f"{done:,} of {total:,} rows, {left:.0f} s left"
        end = "\n" if done == total else ""
        self._stream.write(f"\r{text:<60}{end}")
        self._stream.flush()
