"""Weights files of several Kerases load into the model that fits, and are refused by one that does not."""

import os
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from compare import randomize, reopen

import core


@pytest.fixture(scope="module")
def model():
    built = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="a"), keras.layers.Dense(2, name="b")])
    randomize(built, np.random.default_rng(5))
    return built


def renamed(source: Path, target: Path, rename) -> Path:
    """Copy the arrays of a weights file to other paths."""
    with h5py.File(source) as old, h5py.File(target, "w") as new:
        arrays = {}
        old.visititems(lambda name, item: arrays.update({name: item[()]}) if isinstance(item, h5py.Dataset) else None)
        for name, value in arrays.items():
            *groups, last = rename(name)
            folder = new
            for group in groups:
                folder = folder.require_group(group)
            folder[last] = value
    return target


OLD = "_layer_checkpoint_dependencies"


def numbered_as_before(name: str) -> str:
    """Keras 2.12 counted a layer with weights twice."""
    return name.replace("dense_1", "dense_2").replace("layers/", f"{OLD}/")


LAYOUTS = {
    "keras 3": lambda name: name.split("/"),
    "keras 2.12": lambda name: numbered_as_before(name).split("/"),
    "windows": lambda name: [name.rsplit("/", 2)[0].replace("/", "\\"), *name.rsplit("/", 2)[1:]],
    "windows, keras 2.13": lambda name: [
        numbered_as_before(name).rsplit("/", 2)[0].replace("/", "\\"),
        *name.rsplit("/", 2)[1:],
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(model, tmp_path, layout):
    model.save_weights(tmp_path / "keras.weights.h5")
    path = renamed(tmp_path / "keras.weights.h5", tmp_path / "other.weights.h5", LAYOUTS[layout])
    opened = reopen(model)
    expected = {name: value.copy() for name, value in opened.layers[0].parameters.items()}
    opened.layers[0].parameters = {}
    opened.load_weights(path)
    for name, value in expected.items():
        np.testing.assert_array_equal(opened.layers[0].parameters[name], value)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ([3], "no such layer"),
        ([3, 2, 2], "Dense 'dense_.*': the model expects 2 parameters"),
        ([3, 5], "parameter 'kernel': the model expects the shape"),
        ([4, 2], "parameter 'kernel': the model expects the shape"),
    ],
)
def test_a_model_that_does_not_fit_names_what_differs(model, tmp_path, layers, message):
    model.save_weights(tmp_path / "keras.weights.h5")
    other = reopen(keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(units) for units in layers)]))
    with pytest.raises(core.WeightMismatchError, match=message):
        other.load_weights(tmp_path / "keras.weights.h5")


def test_trained_weights_with_their_optimizer(model, tmp_path):
    trained = keras.models.clone_model(model)
    trained.compile("adam", "mse")
    trained.fit(np.ones((4, 4)), np.ones((4, 2)), verbose=0)
    trained.save_weights(tmp_path / "trained.weights.h5")
    opened = reopen(model)
    opened.load_weights(tmp_path / "trained.weights.h5")
    x = np.ones((2, 4), dtype=np.float32)
    np.testing.assert_allclose(opened.forward(x), trained(x), atol=1e-6)


@pytest.mark.skipif("KACA_DATA_DIR" not in os.environ, reason="needs the files of KACA_DATA_DIR")
def test_weights_that_people_saved_are_refused_by_another_model(model):
    for path in sorted((Path(os.environ["KACA_DATA_DIR"]) / "wild_models").glob("*.weights.h5")):
        with pytest.raises(core.WeightMismatchError):
            reopen(model).load_weights(path)


def two_convolutions(filters: int, pooling: str) -> keras.Model:
    layers = keras.layers
    parts = []
    for size in (filters, 2 * filters):
        parts += [
            layers.Conv2D(size, 3, padding="same", activation="relu"),
            getattr(layers, f"{pooling}Pooling2D")(2),
        ]
    return keras.Sequential(
        [keras.Input((32, 32, 3)), *parts, layers.Flatten(), layers.Dense(64, activation="relu"), layers.Dense(10)]
    )


WILD = {
    "DieroA__2layers_filters16-32_kernels3-3_poolmax.weights.h5": (16, "Max"),
    "DieroA__2layers_filters32-64_kernels3-3_poolaverage.weights.h5": (32, "Average"),
}


@pytest.mark.skipif("KACA_DATA_DIR" not in os.environ, reason="needs the files of KACA_DATA_DIR")
@pytest.mark.parametrize("name", WILD)
def test_weights_that_people_saved_go_into_the_model_that_fits(name):
    path = Path(os.environ["KACA_DATA_DIR"]) / "wild_models" / name
    theirs = two_convolutions(*WILD[name])
    ours = reopen(theirs)
    theirs.load_weights(path)
    ours.load_weights(path)
    x = np.random.default_rng(0).random((2, 32, 32, 3), dtype=np.float32)
    np.testing.assert_allclose(ours.forward(x), theirs(x), atol=1e-5)


@pytest.mark.skipif("KACA_DATA_DIR" not in os.environ, reason="needs the files of KACA_DATA_DIR")
def test_weights_beside_their_whole_model_fit_it():
    folder = Path(os.environ["KACA_DATA_DIR"]) / "wild_models"
    model = core.load_model(folder / "fauzanazz__keras_model_1.h5")
    model.load_weights(folder / "fauzanazz__keras_model_1.weights.h5")
