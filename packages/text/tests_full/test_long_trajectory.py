"""A hundred training steps of a masked bidirectional LSTM with clipped gradients, on sentences of NusaX, by Kaca and by Keras."""

import os

import numpy as np
import pytest
from trajectory import train_both

from text.data import load_data
from text.keras_rnn import build_rnn
from text.options import DataOptions, ModelOptions

STEPS, BATCH = 100, 32

pytestmark = pytest.mark.skipif(
    not os.environ.get("KACA_DATA_DIR"), reason="KACA_DATA_DIR names no local mirror of NusaX"
)


@pytest.fixture(scope="module")
def train():
    options = DataOptions(
        name="nusax",
        fallback=False,
        languages=["ind"],
        test_language="ind",
        train_limit=None,
        validation_limit=None,
        test_limit=None,
    )
    return load_data(options).train


def network(texts):
    options = ModelOptions(
        cell="lstm",
        layers=1,
        units=64,
        bidirectional=True,
        pooling="last",
        mask_zero=True,
        recurrent_dropout=0.0,
        max_tokens=2000,
        sequence_length=100,
        embedding_dim=128,
        embedding_dropout=0.0,
        dropout=0.0,
        dense_units=32,
        dense_dropout=0.0,
    )
    return build_rnn(options=options, texts=texts, classes=3)


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-3), ("float64", 1e-8)])
@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_training_follows_keras(optimizer, dtype, tolerance, train):
    ids, rng = network(train.inputs).encode(train.inputs), np.random.default_rng(1)
    rows = [rng.choice(len(ids), BATCH, replace=False) for _ in range(STEPS)]
    courses = train_both(
        lambda: network(train.inputs).trained,
        [(ids[chosen], train.labels[chosen]) for chosen in rows],
        optimizer=optimizer,
        dtype=dtype,
        clipnorm=0.1,
    )
    assert courses.losses_apart().max() <= tolerance
    assert courses.weights_apart() <= tolerance
