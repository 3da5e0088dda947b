"""One check for every layer: Keras and Kaca, fed with the same input, must give the same numbers.

The layer is put in a Keras model with random weights, saved, opened by `core.load_model`, and both are compared on the
whole batch and row by row. Tolerances are relative to the largest value of Keras' output.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import keras
import numpy as np

import core
from core.files.serialization import serialize

#: Each prediction is made on so many threads.
THREADS = (1, 2, 7)
#: Rounding of a few hundred sums in each type; a test that needs more says why.
TOLERANCE = {"float32": 1e-6, "float64": 1e-12, "float16": 2e-3}


def randomize(model: keras.Model, rng: np.random.Generator) -> keras.Model:
    """Give every weight random values, biases and moving statistics too; variances stay positive. Return the model."""
    for variable in model.weights:
        value = np.asarray(rng.normal(size=variable.shape)) / np.sqrt(max((1, *variable.shape[:1])))
        if "variance" in variable.path:
            value = np.abs(value) + 0.5
        if variable.dtype.startswith("float"):
            variable.assign(value.astype(variable.dtype))
    return model


def reopen(model: keras.Model, suffix: str = ".keras") -> core.Model:
    """Save a Keras model and open the file with Kaca."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        model.save(path)
        return core.load_model(path)


def zeroed(model: core.Model) -> core.Model:
    """Put zeros in the place of all parameters of a model; return it."""
    for _, layer in model.walk():
        layer.parameters = {name: np.zeros_like(value) for name, value in layer.parameters.items()}
    return model


def assert_close(actual: Any, expected: Any, tolerance: float) -> None:
    """Compare nests of arrays leaf by leaf: shapes, types, and values relative to the largest expected one."""
    for ours, leaf in zip(keras.tree.flatten(actual), keras.tree.flatten(expected), strict=True):
        theirs = np.asarray(leaf)
        assert ours.shape == theirs.shape
        assert ours.dtype == theirs.dtype
        scale = max(1.0, float(np.max(np.abs(theirs[np.isfinite(theirs)]), initial=0.0)))
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=tolerance * scale)


def check_model(
    model: keras.Model, x: Any, *, tolerance: float | None = None, suffix: str = ".keras", rows: bool = True
) -> core.Model:
    """Compare Keras' model with Kaca's on `x`, whole and row by row; return Kaca's for further questions."""
    ours, expected = reopen(model, suffix), keras.tree.map_structure(np.asarray, model(x))
    if tolerance is None:
        tolerance = TOLERANCE.get(str(keras.tree.flatten(expected)[0].dtype), 0.0)
    actual = ours.forward(x)
    assert_close(actual, expected, tolerance)
    if isinstance(actual, np.ndarray) and actual.dtype == np.float32:
        check_fast(ours, x, actual)
    check_saved_again(ours, x, expected, {type(layer).__name__: type(layer) for layer in model.layers})
    check_keras_predictions(model, ours, x, tolerance)
    if rows and isinstance(x, np.ndarray) and not isinstance(expected, list | tuple):
        assert_close(np.concatenate([ours.forward(x[at : at + 1]) for at in range(len(x))]), expected, tolerance)
    return ours


def check_keras_predictions(theirs: keras.Model, ours: core.Model, x: Any, tolerance: float) -> None:
    """Compare with Keras' own predictions where the environment asks for them, which takes long."""
    if not os.environ.get("KACA_PREDICTIONS"):
        return
    try:
        theirs.predict(x, verbose=0)
    except ValueError:  # Keras builds a few layers that its own predict cannot run
        return
    check_predictions(theirs, ours, x, (None, 2), tolerance)


def check_saved_again(opened: core.Model, x: Any, expected: Any, classes: dict[str, type]) -> None:
    """Save a model that was opened: Keras opens the file and gives the same numbers, and so do we, with the same config."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "again.keras"
        opened.save(path)
        actual = keras.models.load_model(path, custom_objects=classes)(x, training=False)
        once = core.load_model(path)
        assert serialize(once) == serialize(opened)
    for ours, theirs in zip(keras.tree.flatten(actual), keras.tree.flatten(expected), strict=True):
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs))


def check_fast(model: core.Model, x: Any, expected: Any | None = None, tolerance: float = TOLERANCE["float32"]) -> None:
    """Hold the fast form of a model to its plain one, whatever the size of the tiles and the number of threads."""
    expected = model.forward(x) if expected is None else expected
    for options in ({}, {"threads": 1}, {"batch_size": 1}, {"batch_size": 3, "threads": 2}):
        assert_close(model.predict(x, **options), expected, tolerance)


def check_predictions(
    model: keras.Model,
    opened: core.Model,
    x: Any,
    batch_sizes: tuple[int | None, ...] = (None, 7),
    tolerance: float = 1e-6,
) -> None:
    """Compare all outputs of Keras' `predict` with those of Kaca's: structure, shapes, types and values."""
    # Keras' predict rounds every array to float32 before a model of float64 sees it
    x = keras.tree.map_structure(lambda leaf: leaf.astype(np.float32) if leaf.dtype == np.float64 else leaf, x)
    for batch_size in batch_sizes:
        expected = model.predict(x, batch_size=batch_size, verbose=0)
        for threads in THREADS:
            actual = opened.predict(x, batch_size=batch_size, threads=threads)
            assert type(actual) is (list if isinstance(expected, tuple) else type(expected))  # files know no tuples
            theirs, ours = keras.tree.flatten(expected), keras.tree.flatten(actual)
            if theirs[0].dtype == object:
                assert [part.tolist() for part in ours] == [part.tolist() for part in theirs]
            else:
                assert_close(ours, theirs, tolerance)


def kernels_of(model: core.Model) -> list[str]:
    """Name the kernels that the engine's plan runs a model with, "plain" for a layer that has none."""
    return ["plain" if stage.kernel is None else type(stage.kernel).__name__ for stage in model.engine().plan.stages]
