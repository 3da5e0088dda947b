"""The time of one network and so many rows, for every contender, whose numbers agree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt

from bench.contenders import KACA, NUMPY, NumpyBackend, Run
from bench.turns import in_turn, seconds_of

#: Outputs may differ by the rounding of float32 over a few layers.
TOLERANCE = 1e-5


@dataclass
class Timing:
    """The median seconds of each contender for one network and so many rows; one that would take too long is left out."""

    network: str
    rows: int
    rounds: int
    seconds: dict[str, float] = field(default_factory=dict)

    def ratio(self, other: str) -> float | None:
        """How many times as long as Kaca another one takes."""
        return self.seconds[other] / self.seconds[KACA] if other in self.seconds else None


class TooFarApartError(Exception):
    """Two contenders give different numbers, so that their times say nothing."""


def time_all(
    network: str,
    x: npt.NDArray[np.generic],
    runs: dict[str, Run],
    backend: NumpyBackend | None,
    *,
    rounds: int,
) -> Timing:
    """Time all on `x`, after one run to warm up, in which their outputs are compared."""
    expected = runs[KACA](x)
    for name, run in runs.items():
        _compare(name, run(x), expected)
    if backend is not None:
        _compare(NUMPY, backend.time(x)[1], expected)
    turns: dict[str, Callable[[], float]] = {name: partial(_warm_seconds, run, x) for name, run in runs.items()}
    if backend is not None:
        turns[NUMPY] = lambda: backend.time(x)[0]
    return Timing(network, len(x), rounds, in_turn(turns, rounds))


def _warm_seconds(run: Run, x: npt.NDArray[np.generic]) -> float:
    run(x)
    return seconds_of(partial(run, x))


def _compare(name: str, output: npt.NDArray[np.generic], expected: npt.NDArray[np.generic]) -> None:
    if output.shape != expected.shape or not np.allclose(output, expected, rtol=0, atol=TOLERANCE):
        raise TooFarApartError(f"{name} gives other numbers than {KACA}: {output[:1]} and {expected[:1]}")
