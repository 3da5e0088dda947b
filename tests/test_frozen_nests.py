"""Whole models in HDF5 whose parts are frozen: Keras then lists the weights in another order, and names may repeat."""

import keras
import numpy as np
import pytest
from compare import randomize

import core

L = keras.layers
NAMES = ("d", "d", "e", "dense_1")
X = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)
KINDS = (
    lambda inner, options: L.TimeDistributed(L.Dense(4, name=inner), **options),
    lambda _, options: L.BatchNormalization(**options),
    lambda inner, options: L.Bidirectional(L.LSTM(2, return_sequences=True, name=inner), **options),
    lambda _, options: L.GRU(4, return_sequences=True, **options),
    lambda inner, options: L.RNN([L.LSTMCell(4, name=inner), L.SimpleRNNCell(4)], return_sequences=True, **options),
    lambda inner, options: L.SpectralNormalization(L.Conv1D(4, 2, padding="same", name=inner), **options),
    lambda _, options: L.MultiHeadAttention(2, 2, **options),
    lambda _, options: L.Dense(4, **options),
    lambda _, options: L.Dense(4, **options),
)


def pick_layer(rng):
    options = {"name": str(rng.choice(NAMES)) + rng.choice(["", "0", "1"])}
    if rng.random() < 0.2:
        options["trainable"] = bool(rng.random() < 0.5)
    return KINDS[rng.integers(len(KINDS))](str(rng.choice(NAMES)), options)


def apply(layer, y):
    return layer(y, y) if isinstance(layer, L.MultiHeadAttention) else layer(y)


def pick_model(rng, depth, name):
    parts = [
        pick_model(rng, depth - 1, f"{rng.choice(NAMES)}m{rng.integers(3)}")
        if depth and rng.random() < 0.4
        else pick_layer(rng)
        for _ in range(rng.integers(1, 4))
    ]
    if any(isinstance(part, L.MultiHeadAttention) for part in parts) or rng.random() < 0.5:
        entry = y = keras.Input((3, 4))
        for part in parts:
            y = apply(part, y)
        return keras.Model(entry, apply(parts[0], y) if rng.random() < 0.3 else y, name=name)
    return keras.Sequential([*([keras.Input((3, 4))] if rng.random() < 0.8 else []), *parts], name=name)


def inside(layer):
    for part in layer._flatten_layers(include_self=False, recursive=False):
        yield part
        yield from inside(part)


def pick_savable(rng, path):
    """Return a random model that Keras can save: it refuses two weights of one name under one layer."""
    while True:
        try:
            entry = keras.Input((3, 4))
            model = keras.Model(entry, pick_model(rng, int(rng.integers(1, 4)), "inner")(entry))
            for part in inside(model):
                if rng.random() < 0.25:
                    part.trainable = bool(rng.random() < 0.3)
            randomize(model, rng)
            model.save(path)
        except ValueError as error:
            assert "name already exists" in str(error) or "unique" in str(error), error  # noqa: PT017
        else:
            return model


@pytest.mark.parametrize("seed", range(16))
def test_each_weight_reaches_its_layer(seed, tmp_path):
    model = pick_savable(np.random.default_rng(seed), tmp_path / "model.h5")
    expected = np.asarray(model(X))
    opened = core.load_model(tmp_path / "model.h5")
    tolerance = 1e-6 * max(1, np.abs(expected).max())
    np.testing.assert_allclose(opened.forward(X), expected, rtol=0, atol=tolerance)
    opened.load_weights(tmp_path / "model.h5")
    np.testing.assert_allclose(opened.forward(X), expected, rtol=0, atol=tolerance)


def chain(first, second):
    entry = keras.Input((3, 4))
    inner = keras.Model(entry, second(first(entry)), name="inner")
    outside = keras.Input((3, 4))
    return keras.Model(outside, inner(outside))


def dense_in_a_model(name):
    entry = keras.Input((3, 4))
    return keras.Model(entry, L.Dense(4, name="d")(entry), name=name)


PAIRS = {
    "a Sequential before a Functional": lambda: (
        keras.Sequential([keras.Input((3, 4)), L.Dense(4, name="d")], name="a"),
        dense_in_a_model("b"),
    ),
    "a wrapper before a layer": lambda: (L.TimeDistributed(L.Dense(4, name="d"), name="t"), L.Dense(4, name="d")),
    "a wrapper after a layer": lambda: (L.Dense(4, name="d"), L.TimeDistributed(L.Dense(4, name="d"), name="t")),
    "two wrappers": lambda: (
        L.TimeDistributed(L.Dense(4, name="d"), name="t"),
        L.TimeDistributed(L.Dense(4, name="d"), name="u"),
    ),
}


@pytest.mark.parametrize("frozen", [(0,), (1,), (0, 1), ()])
@pytest.mark.parametrize("pair", PAIRS)
def test_layers_of_one_name_in_two_places(pair, frozen, tmp_path):
    parts = PAIRS[pair]()
    model = chain(*parts)
    for index in frozen:
        parts[index].trainable = False
    randomize(model, np.random.default_rng(1))
    model.save(tmp_path / "model.h5")
    expected = np.asarray(model(X))
    opened = core.load_model(tmp_path / "model.h5")
    np.testing.assert_allclose(opened.forward(X), expected, rtol=0, atol=1e-6 * max(1, np.abs(expected).max()))
