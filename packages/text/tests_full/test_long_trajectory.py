"""A hundred training steps of a masked bidirectional LSTM with clipped gradients, on sentences of NusaX, by Kaca and by Keras."""

import os

import numpy as np
import pytest
from experiment_files import settings_of
from trajectory import train_both

from text.data import load_data
from text.keras_rnn import build_rnn
from text.task import TextTask

STEPS, BATCH = 100, 32

pytestmark = pytest.mark.skipif(
    not os.environ.get("KACA_DATA_DIR"), reason="KACA_DATA_DIR names no local mirror of NusaX"
)


NETWORK = ("model.bidirectional=true", "model.max_tokens=2000", "model.dropout=0", "model.dense_dropout=0")
SETTINGS = settings_of(TextTask(), "data.fallback=false", *NETWORK)


@pytest.fixture(scope="module")
def train():
    return load_data(SETTINGS.data).train


def network(texts):
    return build_rnn(options=SETTINGS.model, texts=texts, classes=3)


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
