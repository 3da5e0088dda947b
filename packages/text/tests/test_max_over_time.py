"""The maximum over time is a raw operation of a graph: a network with it trains in NumPy, step by step as Keras trains it."""

import keras
import numpy as np
import pytest
from compare import reopen
from trajectory import compare_training

from core.learning import Adam
from text.keras_rnn import build_rnn
from text.options import ModelOptions
from text.ulasan import load_ulasan

STEPS, BATCH, LENGTH, WORDS = 10, 16, 12, 50
LAYERS = keras.layers


def build():
    ids = keras.Input((LENGTH,), dtype="int64")
    states = LAYERS.LSTM(6, return_sequences=True)(LAYERS.Embedding(WORDS, 8, mask_zero=True)(ids))
    best = keras.ops.max(states, axis=1) + 0.5 * keras.ops.mean(states, axis=1)
    return keras.Model(ids, LAYERS.Dense(3, activation="softmax")(best))


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_training_follows_keras(optimizer):
    rng = np.random.default_rng(1)
    batches = []
    for _ in range(STEPS):
        ids = rng.integers(1, WORDS, size=(BATCH, LENGTH))
        ids[np.arange(LENGTH) >= rng.integers(1, LENGTH, size=(BATCH, 1))] = 0
        batches.append((ids, rng.integers(3, size=BATCH)))
    compare_training(build, batches, optimizer=optimizer, dtype="float64", tolerance=1e-8)


def test_the_network_of_the_trainer_learns_from_scratch():
    reviews = load_ulasan()
    options = ModelOptions(
        cell="lstm", layers=1, units=8, bidirectional=True, pooling="max", mask_zero=True, recurrent_dropout=0.0,
        max_tokens=500, sequence_length=12, embedding_dim=6, embedding_dropout=0.2, dropout=0.3, dense_units=5,
        dense_dropout=0.0,
    )  # fmt: skip
    network = build_rnn(options=options, texts=reviews.inputs, classes=3)
    model = reopen(network.trained)
    model.initialize(0)
    history = model.fit(network.encode(reviews.inputs), reviews.labels, optimizer=Adam(0.01), epochs=12, batch_size=16)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.8
