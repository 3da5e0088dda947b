"""A network is fitted by Keras or by Kaca and saved, and predicts the test split; only here Keras is imported."""

from __future__ import annotations

import json
import math
import time
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from core.arrays import Array
from core.experiment.command.options import TrainOptions
from core.experiment.command.progress import TrainingProgress
from core.experiment.compare import BATCH_SIZE, FLOAT64_ROWS, TRACED_ROWS
from core.experiment.provenance import hardware, now
from core.experiment.scores import macro_f1
from core.experiment.task import Dataset, KerasModels, Labels, Settings, Task
from core.experiment.training.float64 import in_float64
from core.experiment.training.scratch import fit_scratch


def train_into(
    folder: Path, task: Task, settings: Settings, dataset: Dataset, progress: TrainingProgress
) -> dict[str, Any]:
    """Train one network and fill the folder of a kept run; return its facts."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(settings.seed)
    network = task.build(settings, dataset)
    started = time.perf_counter()
    if settings.trainer == "scratch":
        history = fit_scratch(network, dataset, settings.train, progress, settings.seed)
    else:
        history = fit(network, dataset, settings.train, progress)
    train_seconds = time.perf_counter() - started
    network.saved.save(folder / "model.keras")
    chosen_by, _ = predict(network.trained, network.encode(dataset.validation.inputs))
    test = network.encode(dataset.test.inputs)
    probabilities, predict_seconds = predict(network.trained, test)
    np.save(folder / "probabilities.npy", probabilities)
    float64 = in_float64(network.trained).predict(test[:FLOAT64_ROWS], batch_size=BATCH_SIZE, verbose=0)
    np.save(folder / "probabilities_float64.npy", float64)
    traced: dict[str, Any] = activations(folder / "model.keras", dataset.test.inputs[:TRACED_ROWS])
    np.savez_compressed(folder / "activations.npz", **traced)
    (folder / "history.json").write_text(json.dumps(history), encoding="utf-8")
    return {
        "parameters": int(network.saved.count_params()),
        "epochs": len(history["loss"]),
        "val_macro_f1": macro_f1(dataset.validation.labels, chosen_by),
        "train_seconds": train_seconds,
        "keras_predict_seconds": predict_seconds,
        "date": now(),
        "hardware": hardware(),
    }


def fit(
    network: KerasModels, dataset: Dataset, options: TrainOptions, progress: TrainingProgress
) -> dict[str, list[float]]:
    """Fit by Adam on sparse categorical cross-entropy; return loss and metrics, one value an epoch."""
    steps = math.ceil(len(dataset.train) / options.batch_size)
    rate: Any = options.learning_rate
    if options.learning_rate_schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(options.learning_rate, decay_steps=steps * options.epochs)
    network.trained.compile(
        optimizer=keras.optimizers.Adam(rate, clipnorm=options.clipnorm),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    validation = network.encode(dataset.validation.inputs)
    callbacks: list[keras.callbacks.Callback] = []
    if options.monitor == "val_macro_f1":
        callbacks.append(ValidationMacroF1(validation, dataset.validation.labels))
    if options.early_stopping is not None:
        callbacks.append(
            keras.callbacks.EarlyStopping(
                monitor=options.monitor,
                mode="min" if options.monitor == "val_loss" else "max",
                patience=options.early_stopping,
                restore_best_weights=True,
            )
        )
    callbacks.append(Reporter(progress, options.epochs, steps))
    with progress:
        fitted = network.trained.fit(
            network.encode(dataset.train.inputs),
            dataset.train.labels,
            validation_data=(validation, dataset.validation.labels),
            epochs=options.epochs,
            batch_size=options.batch_size,
            verbose=0,
            callbacks=callbacks,
        )
    return {name: [float(value) for value in values] for name, values in fitted.history.items()}


def predict(model: keras.Model, inputs: Array) -> tuple[npt.NDArray[np.float32], float]:
    """Predict a whole split; return probabilities (n, classes) and the seconds it took once the graph was traced."""
    model.predict(inputs[:BATCH_SIZE], batch_size=BATCH_SIZE, verbose=0)
    started = time.perf_counter()
    probabilities = model.predict(inputs, batch_size=BATCH_SIZE, verbose=0)
    return np.asarray(probabilities, np.float32), time.perf_counter() - started


def activations(file: Path, inputs: Array) -> dict[str, Array]:
    """Return what every layer of a saved model gives, as Keras itself opens it; {layer name: (rows, ...)}."""
    model = keras.models.load_model(file)
    layers = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    probe = keras.Model(model.inputs, {layer.name: layer.output for layer in layers})
    outputs = probe(keras.ops.convert_to_tensor(inputs), training=False)
    return {name: keras.ops.convert_to_numpy(value) for name, value in outputs.items()}


class ValidationMacroF1(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Adds `val_macro_f1` to an epoch's logs; Keras' own metric wants one-hot labels."""

    def __init__(self, inputs: Array, labels: Labels) -> None:
        super().__init__()
        self.inputs = inputs
        self.labels = labels

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Predict the validation split."""
        probabilities = self.model.predict(self.inputs, batch_size=BATCH_SIZE, verbose=0)
        if logs is not None:
            logs["val_macro_f1"] = macro_f1(self.labels, probabilities)


class Reporter(keras.callbacks.Callback):  # type: ignore[misc]  # Keras ships no types
    """Tells the terminal how far the training is."""

    def __init__(self, progress: TrainingProgress, epochs: int, steps: int) -> None:
        super().__init__()
        self.progress = progress
        self.epochs = epochs
        self.steps = steps

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Start the clock."""
        self.progress.begin(self.epochs, self.steps)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Count a step."""
        self.progress.step(dict(logs or {}))

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Print an epoch's line."""
        self.progress.epoch(epoch, dict(logs or {}))
