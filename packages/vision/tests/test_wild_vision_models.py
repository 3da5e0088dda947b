"""Image models that other people trained and published: Kaca gives Keras' numbers, and their weights load where they fit."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

import core
from core.experiment.training.float64 import in_float64

FOLDER = Path(os.environ.get("KACA_DATA_DIR", "")) / "wild_models"
MODELS = [
    "AlthariqFairuz__cnn_filters_small.h5",
    "fabianradenta__cnn_filters_0.h5",
    "fauzanazz__keras_model_1.h5",
    "fauzanazz__test1_model_1.h5",
    "fauzanazz__test1_model_3.h5",
    "fauzanazz__test3_model_2.h5",
    "fauzanazz__test4_model_2.h5",
]
#: Weights alone: file, the filters of its convolutions, their padding, the pooling.
WEIGHTS = [
    ("DieroA__2layers_filters16-32_kernels3-3_poolmax.weights.h5", (16, 32), "same", "MaxPooling2D"),
    ("DieroA__2layers_filters32-64_kernels3-3_poolaverage.weights.h5", (32, 64), "same", "AveragePooling2D"),
    ("fauzanazz__keras_model_1.weights.h5", (32, 64), "valid", "MaxPooling2D"),
]


def network(filters, padding, pooling):
    layers = [keras.Input((32, 32, 3))]
    for count in filters:
        layers += [keras.layers.Conv2D(count, 3, padding=padding, activation="relu"), getattr(keras.layers, pooling)(2)]
    layers += [
        keras.layers.Flatten(),
        keras.layers.Dense(64, activation="relu"),
        keras.layers.Dense(10, activation="softmax"),
    ]
    return keras.Sequential(layers)


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the environment variable KACA_DATA_DIR names no folder with wild_models"
)
class TestWild:
    @pytest.mark.parametrize("name", MODELS)
    def test_a_whole_model(self, name):
        theirs, ours = keras.models.load_model(FOLDER / name, compile=False), core.load_model(FOLDER / name)
        x = np.random.default_rng(0).uniform(0, 1, size=(7, 32, 32, 3)).astype(np.float32)
        # Sums of 3,600 terms in float32: Keras' own probabilities are up to 2.3e-6 off those of float64, and so are ours,
        # to other sides. The next test holds both together where rounding does not blur the view.
        np.testing.assert_allclose(ours.forward(x), np.asarray(theirs(x)), rtol=0, atol=4e-6)

    @pytest.mark.parametrize("name", MODELS)
    def test_a_whole_model_in_float64(self, name):
        theirs = in_float64(keras.models.load_model(FOLDER / name, compile=False))
        x = np.random.default_rng(0).uniform(0, 1, size=(7, 32, 32, 3))
        ours = core.load_model(FOLDER / name, dtype="float64").forward(x)
        assert ours.dtype == np.float64
        np.testing.assert_allclose(ours, np.asarray(theirs(x)), rtol=0, atol=1e-12)

    @pytest.mark.parametrize(("name", "filters", "padding", "pooling"), WEIGHTS)
    def test_weights_alone(self, name, filters, padding, pooling, tmp_path):
        model = network(filters, padding, pooling)
        model.save(tmp_path / "model.keras")
        ours = core.load_model(tmp_path / "model.keras")
        model.load_weights(FOLDER / name)
        ours.load_weights(FOLDER / name)
        x = np.random.default_rng(0).uniform(0, 1, size=(7, 32, 32, 3)).astype(np.float32)
        np.testing.assert_allclose(ours.forward(x), np.asarray(model(x)), rtol=0, atol=1e-6)

    @pytest.mark.parametrize("name", [row[0] for row in WEIGHTS])
    def test_weights_that_do_not_fit(self, name, tmp_path):
        network((8, 32), "same", "MaxPooling2D").save(tmp_path / "model.keras")
        with pytest.raises(
            core.WeightMismatchError, match=r"Conv2D 'conv2d.*', parameter 'kernel': the model expects the shape"
        ):
            core.load_model(tmp_path / "model.keras").load_weights(FOLDER / name)
