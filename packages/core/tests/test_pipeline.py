"""A pipeline of layers against Keras, at inference."""

import keras
import numpy as np
import pytest
from parity import assert_close, randomise, reopen

import core

LAYERS = keras.layers


def test_a_pipeline():
    inner = LAYERS.Pipeline([LAYERS.Dense(5, activation="relu"), LAYERS.Dropout(0.5), LAYERS.Dense(3)])
    model = keras.Sequential(
        [keras.Input((4,)), LAYERS.Pipeline([LAYERS.Flatten(), LAYERS.UnitNormalization()]), inner]
    )
    randomise(model, np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    opened = reopen(model)
    assert_close(opened.forward(x), model(x, training=False), 1e-6)
    assert opened.layers[1].multiply_adds((None, 4)) == 4 * 5 + 5 * 3
    assert opened.count_parameters() == model.count_params()


@pytest.mark.parametrize("layers", [None, [3], "Dense"])
def test_a_wrong_list_is_refused(layers):
    with pytest.raises(core.UnsupportedLayerError, match="Pipeline must list its layers"):
        core.layers.LAYERS["Pipeline"].from_config({"layers": layers})
