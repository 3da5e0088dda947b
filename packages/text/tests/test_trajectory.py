"""Ten training steps of a masked bidirectional LSTM with clipped gradients, by Kaca and by Keras."""

import keras
import numpy as np
import pytest
from compare import reopen
from trajectory import compare_training

from core.errors import UnsupportedLayerError
from core.learning.trainer import Trainer

LAYERS = keras.layers
STEPS, BATCH, LENGTH, WORDS = 10, 16, 12, 50


def build(cell=LAYERS.LSTM):
    return keras.Sequential(
        [
            keras.Input((LENGTH,), dtype="int64"),
            LAYERS.Embedding(WORDS, 8, mask_zero=True),
            LAYERS.Bidirectional(cell(6)),
            LAYERS.Dense(8, activation="relu"),
            LAYERS.Dense(3, activation="softmax"),
        ]
    )


def batches():
    rng = np.random.default_rng(1)
    for _ in range(STEPS):
        ids = rng.integers(1, WORDS, size=(BATCH, LENGTH))
        yield (
            np.where(np.arange(LENGTH) < rng.integers(1, LENGTH, size=(BATCH, 1)), ids, 0),
            rng.integers(3, size=BATCH),
        )


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-3), ("float64", 1e-8)])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop", "adamw", "nesterov"])
def test_training_follows_keras(optimizer, dtype, tolerance):
    compare_training(build, batches(), optimizer=optimizer, dtype=dtype, tolerance=tolerance, clipnorm=0.1)


@pytest.mark.parametrize("clip", [{"global_clipnorm": 0.2}, {"clipvalue": 0.01}])
@pytest.mark.parametrize("cell", [LAYERS.SimpleRNN, LAYERS.GRU])
def test_training_follows_keras_however_it_is_clipped(cell, clip):
    compare_training(lambda: build(cell), batches(), optimizer="sgd", dtype="float64", tolerance=1e-8, **clip)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_follows_keras_through_the_maximum_over_time(optimizer):
    """The maximum is a raw operation of a graph."""

    def largest():
        ids = keras.Input((LENGTH,), dtype="int64")
        states = LAYERS.LSTM(6, return_sequences=True)(LAYERS.Embedding(WORDS, 8, mask_zero=True)(ids))
        best = keras.ops.max(states, axis=1) + 0.5 * keras.ops.mean(states, axis=1)
        return keras.Model(ids, LAYERS.Dense(3, activation="softmax")(best))

    compare_training(largest, batches(), optimizer=optimizer, dtype="float64", tolerance=1e-8)


def test_constrained_training_follows_keras():
    """Constraints of a recurrent layer are those of its cell; costs of its outputs are its own."""

    def constrained():
        limit = keras.constraints.MaxNorm(0.4)
        cell = LAYERS.LSTM(
            6, kernel_constraint=limit, recurrent_constraint=limit, bias_constraint="non_neg", return_sequences=True,
            return_state=True, activity_regularizer="l2",
        )  # fmt: skip
        ids = keras.Input((LENGTH,), dtype="int64")
        _, h, c = cell(LAYERS.Embedding(WORDS, 8, mask_zero=True, embeddings_constraint="unit_norm")(ids))
        return keras.Model(ids, LAYERS.Dense(3, activation="softmax")(LAYERS.Concatenate()([h, c])))

    compare_training(constrained, batches(), optimizer="adam", dtype="float64", tolerance=1e-8)


def test_costs_inside_a_layer_are_an_error():
    x = keras.Input((5, 4))
    inner = LAYERS.TimeDistributed(LAYERS.Dense(3, activity_regularizer="l2"))(x)
    opened = reopen(keras.Model(x, LAYERS.GlobalAveragePooling1D()(inner)))
    with pytest.raises(UnsupportedLayerError, match="inside another layer"):
        Trainer(opened, "mean_squared_error", "sgd")
