"""A layer that stands in two models has its arrays once, where Keras met it first; attention of Keras 2 has private names."""

import keras
import numpy as np
import pytest
from keras import layers
from old_files import old_files

import core

X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


@pytest.mark.parametrize("file", old_files("old_models/moved-*.zip"), ids=str)
def test_files_of_keras_2(file):
    actual = core.load_model(file.content).predict(file.x)
    for ours, theirs in zip(keras.tree.flatten(actual), keras.tree.flatten(file.y), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=2e-6 * np.abs(theirs).max())


def dense() -> layers.Layer:
    return layers.Dense(4, activation="tanh")


def pair() -> layers.Layer:
    return keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.LayerNormalization(), layers.Dense(4)])


@pytest.mark.parametrize("first", ["inside", "outside"])
@pytest.mark.parametrize("make", [dense, pair])
def test_a_layer_inside_a_model_and_beside_it(make, first, tmp_path):
    shared, entry, x = make(), keras.Input((4,)), keras.Input((4,))
    around = keras.Model(entry, layers.Dense(4)(shared(entry)))
    model = keras.Model(x, shared(around(x)) if first == "inside" else around(shared(x)))
    model.set_weights([np.random.default_rng(1).normal(size=value.shape) for value in model.get_weights()])
    model.save(tmp_path / "model.keras")
    expected = model.predict(X, verbose=0)
    opened = core.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(opened.predict(X), expected, rtol=0, atol=1e-6 * np.abs(expected).max())
    opened.save(tmp_path / "again.keras")
    np.testing.assert_allclose(core.load_model(tmp_path / "again.keras").predict(X), opened.predict(X), atol=1e-6)


def test_arrays_that_are_nowhere_are_missed(tmp_path):
    one, other = (keras.Sequential([keras.Input((4,)), layers.Dense(4)]) for _ in range(2))
    keras.Sequential([keras.Input((4,)), one, other]).save_weights(tmp_path / "two.weights.h5")
    third = keras.Sequential([keras.Input((4,)), one, other, layers.Dense(4)])
    third.save(tmp_path / "three.keras")
    opened = core.load_model(tmp_path / "three.keras")
    with pytest.raises(core.WeightMismatchError, match="holds 0"):
        opened.load_weights(tmp_path / "two.weights.h5")
