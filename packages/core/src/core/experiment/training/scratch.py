"""The same network, data and options, trained by Kaca instead of Keras; Keras only takes the weights at the end.

The network goes to Kaca as a file, starts from Kaca's own initialisers with the job's seed, and is fitted in NumPy.
"""

from __future__ import annotations

import math
import tempfile
from pathlib import Path

import numpy as np

from core.arrays import Array
from core.experiment.command.options import TrainOptions
from core.experiment.command.progress import TrainingProgress
from core.experiment.compare import BATCH_SIZE
from core.experiment.scores import macro_f1
from core.experiment.task import Dataset, KerasModels, Labels
from core.learning.callbacks import Callback, EarlyStopping, Logs
from core.learning.optimizers import Adam
from core.learning.schedules import CosineDecay
from core.learning.trainer import Trainer
from core.models.load import load_model
from core.models.model import Model


def fit_scratch(
    network: KerasModels, dataset: Dataset, options: TrainOptions, progress: TrainingProgress, seed: int
) -> dict[str, list[float]]:
    """Fit as `core.experiment.training.keras.fit` does; return loss and metrics, one value an epoch."""
    validation = network.encode(dataset.validation.inputs)
    callbacks: list[Callback] = []
    if options.early_stopping is not None:
        mode = "min" if options.monitor == "val_loss" else "max"
        callbacks.append(
            EarlyStopping(options.monitor, patience=options.early_stopping, mode=mode, restore_best_weights=True)
        )
    steps = math.ceil(len(dataset.train) / options.batch_size)
    cosine = options.learning_rate_schedule == "cosine"
    rate = CosineDecay(options.learning_rate, steps * options.epochs) if cosine else options.learning_rate
    with tempfile.TemporaryDirectory() as folder, progress:
        file, weights = Path(folder) / "model.keras", Path(folder) / "model.weights.h5"
        network.trained.save(file)
        model = load_model(file)
        model.initialize(seed)
        if options.monitor == "val_macro_f1":  # before the callback that reads it
            callbacks.insert(0, _ValidationMacroF1(model, validation, dataset.validation.labels))
        apart = np.random.SeedSequence(seed, spawn_key=(0, 0))  # a stream of its own: not the weights', no epoch's
        order = np.random.default_rng(apart).permutation(len(dataset.train))
        history = model.fit(
            network.encode(dataset.train.inputs)[order],
            dataset.train.labels[order],
            loss="sparse_categorical_crossentropy",
            metrics=["accuracy"],
            shuffle=False,  # in one order, drawn once, as Keras: its shuffle, once seeded, starts anew in every epoch
            optimizer=Adam(rate, clipnorm=options.clipnorm),
            validation_data=(validation, dataset.validation.labels),
            epochs=options.epochs,
            batch_size=options.batch_size,
            callbacks=callbacks,
            progress=progress,
            seed=seed,
        )
        model.save_weights(weights)
        network.trained.load_weights(weights)
    return history


class _ValidationMacroF1(Callback):
    """Adds `val_macro_f1` to an epoch's scores."""

    def __init__(self, model: Model, inputs: Array, labels: Labels) -> None:
        self.model = model
        self.inputs = inputs
        self.labels = labels

    def on_epoch_end(self, trainer: Trainer, epoch: int, logs: Logs) -> bool:
        """Predict the validation split."""
        probabilities = self.model.predict_proba(self.inputs, batch_size=BATCH_SIZE)
        logs["val_macro_f1"] = macro_f1(self.labels, probabilities)
        return False
