"""A table read both ways, against Keras."""

import keras
import numpy as np
import pytest
from parity import check_model, randomise

import core
from text.layers import ReversibleEmbedding

LAYERS = keras.layers
IDS = np.array([[1, 2, 0, 0], [3, 4, 5, 6], [0, 0, 0, 0]])


@pytest.mark.parametrize(
    "options", [{}, {"tie_weights": False}, {"logit_soft_cap": 0.7}, {"reverse_dtype": "float64"}], ids=str
)
@pytest.mark.parametrize("mask_zero", [True, False])
def test_there_and_back(options, mask_zero):
    ids = keras.Input((4,), dtype="int64")
    table = LAYERS.ReversibleEmbedding(7, 3, mask_zero=mask_zero, **options)
    model = keras.Model(ids, table(LAYERS.LSTM(3, return_sequences=True)(table(ids)), reverse=True))
    randomise(model, np.random.default_rng(0))
    # LSTM and table in float32, whatever the type in which the scores are summed
    opened = check_model(model, IDS, tolerance=1e-6)
    assert opened.shapes[opened.outputs] == model.output_shape


def test_one_way():
    model = keras.Sequential([keras.Input((4,), dtype="int64"), LAYERS.ReversibleEmbedding(7, 3)])
    randomise(model, np.random.default_rng(0))
    check_model(model, IDS)


def test_wrong_options_are_refused():
    with pytest.raises(core.UnsupportedLayerError, match="logit_soft_cap"):
        ReversibleEmbedding.from_config({"input_dim": 3, "output_dim": 2, "logit_soft_cap": -1})
