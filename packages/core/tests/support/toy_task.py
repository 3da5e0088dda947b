"""The smallest trainer that the harness can drive: points of three classes, two dense layers, encoded inputs for Keras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.checks import integer
from core.experiment.command.options import Options, TrainOptions, option
from core.experiment.task import Dataset, KerasModels, Split

CONFIG = {
    "experiment": "toy",
    "seed": 0,
    "force": False,
    "trainer": "keras",
    "model": {"units": 8},
    "train": {
        "epochs": 2,
        "batch_size": 16,
        "learning_rate": 0.01,
        "learning_rate_schedule": None,
        "clipnorm": None,
        "early_stopping": None,
        "monitor": "val_loss",
    },
    "data": {},
}


def config(**sections):
    """Return the default config with some options changed, section by section."""
    changed = dict(CONFIG)
    for section, values in sections.items():
        changed[section] = {**CONFIG[section], **values} if isinstance(values, dict) else values
    return changed


@dataclass(frozen=True, kw_only=True)
class ToyModelOptions(Options):
    units: int = option(integer)


class ToyTask:
    package = "toy"
    recipe = 1
    options = {"model": ToyModelOptions, "train": TrainOptions, "data": Options}  # noqa: RUF012

    def load_data(self, settings):
        generator = np.random.default_rng(7)
        labels = np.tile(np.arange(3), 40)
        points = (np.eye(4)[labels] + generator.normal(0, 0.3, (120, 4))).astype(np.float32)
        train, validation, test = (
            Split(points[rows], labels[rows]) for rows in (slice(60), slice(60, 90), slice(90, 120))
        )
        return Dataset("toy", ("a", "b", "c"), train, validation, test, source="made up", note="", fallback=None)

    def build(self, settings, dataset):
        """Train on doubled points; the model that is saved doubles them itself, as a vectorizer would turn text into ids."""
        import keras

        dense = keras.layers.Dense(settings.model.units, activation="relu", name="dense")
        probabilities = keras.layers.Dense(3, activation="softmax", name="probabilities")
        trained = keras.Sequential([keras.Input((4,)), dense, probabilities])
        double = keras.layers.Dense(
            4, use_bias=False, trainable=False, kernel_initializer=keras.initializers.Identity(2.0), name="double"
        )
        saved = keras.Sequential([keras.Input((4,)), double, dense, probabilities])
        return KerasModels(saved=saved, trained=trained, encode=lambda points: 2 * points)

    def show(self, dataset, row):
        return {"kind": "text", "text": f"point {row}"}
