"""A training step of Kaca beside one of Keras' `fit`: the same network, the same batches, everybody in turn.

A turn is an epoch of a few steps, and the median of several turns counts. What `fit` does once (tracing the step) comes
before.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

import core
from bench.contenders import KACA
from bench.networks import NETWORKS
from bench.table import milliseconds, ratio
from bench.timing import REST

FIT = "fit of Keras"
HEAD = ("training", "batch", f"{KACA}, ms a step", f"{FIT}, ms a step", f"x {FIT}")


@dataclass(frozen=True)
class Lesson:
    """A network, how many examples a step takes, and how many steps an epoch has."""

    network: str
    batch: int
    steps: int


LESSONS = (
    Lesson("CNN", 128, 4),
    Lesson("CNN, batch normalisation", 128, 4),
    Lesson("SimpleRNN", 32, 20),
    Lesson("LSTM", 32, 20),
    Lesson("Bidirectional LSTM", 32, 20),
    Lesson("GRU", 32, 20),
)


@dataclass
class Pace:
    """The median seconds of a step, for both."""

    network: str
    batch: int
    rounds: int
    seconds: dict[str, float]

    @property
    def ratio(self) -> float:
        """How many times as long as Kaca Keras takes."""
        return self.seconds[FIT] / self.seconds[KACA]


def time_training(lesson: Lesson, folder: Path, *, rounds: int) -> Pace:
    """Train both by turns, each from where it is."""
    network = NETWORKS[lesson.network]
    keras.utils.set_random_seed(0)
    model, file = network.build(), folder / "training.keras"
    model.save(file)
    opened = core.load_model(file)
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x = network.inputs(lesson.batch * lesson.steps)
    y = np.random.default_rng(1).integers(model.output_shape[-1], size=len(x))
    optimizer = core.learning.Adam()
    epochs: dict[str, Callable[[], object]] = {
        KACA: lambda: opened.fit(x, y, optimizer=optimizer, batch_size=lesson.batch),
        FIT: lambda: model.fit(x, y, batch_size=lesson.batch, verbose=0),
    }
    found: dict[str, list[float]] = {name: [] for name in epochs}
    for _ in range(rounds + 1):  # the first to warm up
        for name, train in epochs.items():
            time.sleep(REST)
            started = time.perf_counter()
            train()
            found[name].append((time.perf_counter() - started) / lesson.steps)
    medians = {name: statistics.median(seconds[1:]) for name, seconds in found.items()}
    return Pace(lesson.network, lesson.batch, rounds, medians)


def rows(paces: Iterable[Pace]) -> list[list[str]]:
    """Write one line for each network."""
    return [
        [
            pace.network,
            str(pace.batch),
            *(milliseconds(pace.seconds[name]) for name in (KACA, FIT)),
            ratio(pace.ratio),
        ]
        for pace in paces
    ]
