"""A training step of Kaca beside one of Keras' `fit`: the same network, the same batches, everybody in turn.

A turn is an epoch of a few steps, and the median of several turns counts. What `fit` does once (tracing the step) comes
before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np

import core
from bench.contenders import KACA
from bench.networks import NETWORKS
from bench.timing import Timing
from bench.turns import in_turn, seconds_of
from core.learning import Adam

FIT = "fit of Keras"
NAMES = (KACA, FIT)


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


def time_training(lesson: Lesson, folder: Path, *, rounds: int) -> Timing:
    """Train both by turns, each from where it is; the seconds are those of a step."""
    network = NETWORKS[lesson.network]
    keras.utils.set_random_seed(0)
    model, file = network.build(), folder / "training.keras"
    model.save(file)
    opened = core.load_model(file)
    model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    x = network.inputs(lesson.batch * lesson.steps)
    y = np.random.default_rng(1).integers(model.output_shape[-1], size=len(x))
    optimizer = Adam()
    epochs: dict[str, Callable[[], object]] = {
        KACA: lambda: opened.fit(x, y, optimizer=optimizer, batch_size=lesson.batch),
        FIT: lambda: model.fit(x, y, batch_size=lesson.batch, verbose=0),
    }
    for train in epochs.values():  # once to warm up
        train()
    medians = in_turn({name: partial(seconds_of, train) for name, train in epochs.items()}, rounds)
    steps = {name: seconds / lesson.steps for name, seconds in medians.items()}
    return Timing(lesson.network, lesson.batch, rounds, steps)
