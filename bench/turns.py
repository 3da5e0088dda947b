"""Everybody runs in turn, several rounds of it, and the median of each counts: what disturbs the machine disturbs all."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping

#: Seconds before each turn: the threads of the one before wait for more work in a busy loop, and would take the cores from
#: the next one. Then everybody runs once untimed, so that caches hold their own data.
REST = 0.03


def in_turn(turns: Mapping[str, Callable[[], float]], rounds: int) -> dict[str, float]:
    """Let everybody run in turn, several rounds of it; return the median of the seconds that each gives."""
    found: dict[str, list[float]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, turn in turns.items():
            time.sleep(REST)
            found[name].append(turn())
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def seconds_of(run: Callable[[], object]) -> float:
    """Return the seconds that a run takes."""
    started = time.perf_counter()
    run()
    return time.perf_counter() - started
