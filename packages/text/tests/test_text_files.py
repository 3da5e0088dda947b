"""Text models through files: saved by Keras, opened by Kaca, saved by Kaca, opened by Keras."""

import keras
import numpy as np
import pytest
from compare import check_model, randomize, reopen

import core
from core.layers import Dense, InputLayer
from core.models.sequential import Sequential
from text import layers as ours

LAYERS = keras.layers
RNG = np.random.default_rng(0)
IDS = RNG.integers(1, 30, size=(7, 9)) * (RNG.random((7, 9)) < 0.7)  # zeros lead, stand within and trail
IDS[3] = 0


def classifier(*middle, mask_zero=True):
    layers = [keras.Input((9,), dtype="int64"), LAYERS.Embedding(30, 6, mask_zero=mask_zero), *middle]
    return randomize(keras.Sequential([*layers, LAYERS.Dense(3, activation="softmax")]), np.random.default_rng(1))


SEQUENTIAL = {
    "the study's": lambda: (
        LAYERS.Bidirectional(LAYERS.LSTM(5, return_sequences=True)),
        LAYERS.Dropout(0.3),
        LAYERS.SimpleRNN(4),
        LAYERS.Dense(8, activation="relu"),
    ),
    "cells": lambda: (
        LAYERS.SpatialDropout1D(0.2),
        LAYERS.RNN([LAYERS.LSTMCell(4), LAYERS.GRUCell(3), LAYERS.LSTMCell(2)], return_sequences=True),
        LAYERS.TimeDistributed(LAYERS.Dense(5)),
        LAYERS.GRU(4, reset_after=False, go_backwards=True),
    ),
    "two backward layers": lambda: (
        LAYERS.Bidirectional(
            LAYERS.LSTM(4, return_sequences=True),
            backward_layer=LAYERS.LSTM(4, go_backwards=True, return_sequences=True, use_bias=False),
            merge_mode="mul",
        ),
        LAYERS.Bidirectional(LAYERS.GRU(3), merge_mode="ave"),
    ),
}


@pytest.mark.parametrize("mask_zero", [True, False], ids=["masked", "not masked"])
@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential(name, mask_zero):
    check_model(classifier(*SEQUENTIAL[name](), mask_zero=mask_zero), IDS)


@pytest.mark.parametrize("name", SEQUENTIAL)
def test_sequential_in_the_format_of_keras_2(name):
    check_model(classifier(*SEQUENTIAL[name]()), IDS, suffix=".h5", rows=False)


def test_functional_with_masks_and_states():
    """An encoder hands its states to a decoder; the mask of zeros travels as a tensor of its own."""
    ids, more = keras.Input((9,), dtype="int64"), keras.Input((4, 6))
    seen = LAYERS.Embedding(30, 6, mask_zero=True)(ids)
    sequence, *states = LAYERS.LSTM(5, return_sequences=True, return_state=True)(seen)
    decoded = LAYERS.LSTM(5, return_sequences=True)(more, initial_state=states)
    both = LAYERS.Bidirectional(LAYERS.GRU(3, return_sequences=True), merge_mode=None)(sequence)
    values = LAYERS.Masking(0.0)(more)
    model = keras.Model([ids, more], [decoded, *both, LAYERS.SimpleRNN(2)(values)])
    randomize(model, np.random.default_rng(1))
    x = RNG.normal(size=(7, 4, 6)).astype(np.float32)
    x[:, 2] = 0
    check_model(model, [IDS, x])


def test_sentences_of_words_in_a_document():
    """A nested model, applied to every sentence of a document."""
    words = keras.Sequential([keras.Input((4, 6)), LAYERS.Bidirectional(LAYERS.GRU(3)), LAYERS.Dense(2)])
    layers = [LAYERS.Embedding(30, 6), LAYERS.TimeDistributed(words), LAYERS.LSTM(2)]
    model = keras.Sequential([keras.Input((5, 4), dtype="int64"), *layers])
    check_model(randomize(model, np.random.default_rng(1)), RNG.integers(0, 30, size=(3, 5, 4)))


def test_a_network_put_together_in_kaca_goes_to_keras(tmp_path):
    cells = [ours.LSTMCell(4), ours.GRUCell(3)]
    layers = [
        ours.Embedding(30, 6, mask_zero=True),
        ours.Bidirectional(ours.GRU(4, return_sequences=True), merge_mode="sum"),
        ours.RNN(cells, return_sequences=True),
        ours.TimeDistributed(Dense(5, activation="relu")),
        ours.SimpleRNN(3, go_backwards=True),
    ]
    model = Sequential([InputLayer((None, 9), dtype="int64"), *layers])
    model.build()
    rng = np.random.default_rng(1)
    for _, layer in model.walk():
        for name, shape in layer.parameter_shapes.items():
            layer.assign(name, rng.normal(scale=0.4, size=shape))
    model.save(tmp_path / "model.keras")
    theirs = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(model.forward(IDS), np.asarray(theirs(IDS)), rtol=0, atol=1e-6)


def test_stateful_model():
    model = keras.Sequential([keras.Input(batch_shape=(7, 9, 3)), LAYERS.LSTM(4, stateful=True), LAYERS.Dense(2)])
    opened = reopen(randomize(model, np.random.default_rng(1)))
    for seed in range(3):
        x = np.random.default_rng(seed).normal(size=(7, 9, 3)).astype(np.float32)
        np.testing.assert_allclose(opened.forward(x), np.asarray(model(x)), rtol=0, atol=1e-6)


TEXTS = ["Saya suka ini", "saya tidak suka, tidak!", "bagus sekali", "", "xyzzy", "[UNK]"]
VECTORIZERS = {
    "int": {"output_sequence_length": 5},
    "tf_idf": {"output_mode": "tf_idf"},
    "count": {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True},
    "given": {"output_mode": "multi_hot", "vocabulary": ["saya", "suka"]},
    "given idf": {"output_mode": "tf_idf", "vocabulary": ["saya", "suka"], "idf_weights": [0.5, 0.7]},
    "characters": {"split": "character", "standardize": None, "output_mode": "count"},
}


def vectorizer_model(options, texts=TEXTS):
    layer = LAYERS.TextVectorization(**options)
    if "vocabulary" not in options:
        layer.adapt(texts)
    inputs = keras.Input((1,), dtype="string")
    return keras.Model(inputs, layer(inputs)), [str(word) for word in layer.get_vocabulary()]


def as_strings(texts):
    return keras.ops.convert_to_tensor(np.array(texts, object)[:, None], dtype="string")


@pytest.mark.parametrize("name", VECTORIZERS)
def test_a_vectorizer_goes_to_kaca_and_back_to_keras(name, tmp_path):
    model, vocabulary = vectorizer_model(VECTORIZERS[name])
    opened = reopen(model)
    expected = np.asarray(model(as_strings(TEXTS)))
    for texts in (TEXTS, np.array(TEXTS), np.array(TEXTS, object)[:, None]):
        actual = opened.forward(texts)
        assert actual.dtype == expected.dtype
        np.testing.assert_allclose(actual, expected, rtol=1e-6)
    assert opened.layers[1].get_vocabulary() == vocabulary
    opened.save(tmp_path / "again.keras")
    again = keras.models.load_model(tmp_path / "again.keras")
    np.testing.assert_allclose(np.asarray(again(as_strings(TEXTS))), expected, rtol=1e-6)


@pytest.mark.parametrize("options", [{"vocabulary": ["old"]}, {"vocabulary_size": 3}], ids=["given", "learned"])
@pytest.mark.parametrize("kind", ["TextVectorization", "StringLookup"])
def test_a_vocabulary_that_was_set_is_written(kind, options, tmp_path):
    layer = core.layers.registry.find_layer(kind)(**options)
    layer.set_vocabulary(["kopi", "enak", "sekali"])
    model = core.Sequential([layer], batch_shape=(None, 1))
    model.save(tmp_path / "model.keras")
    x = [["enak"], ["old"]]
    expected = model.forward(x)
    np.testing.assert_array_equal(core.load_model(tmp_path / "model.keras").forward(x), expected)
    theirs = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(theirs(keras.ops.convert_to_tensor(x, dtype="string")), expected)


LINE_BREAKS = ["baris\u2028satu", "a\u0085b", "c\x1cd", "e\x0bf\x0cg"]


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ({}, [*TEXTS, *LINE_BREAKS]),
        ({"split": "character", "standardize": None}, ["satu\ndua\r\n\n", *LINE_BREAKS]),
        ({"split": "character", "standardize": None, "output_mode": "count"}, ["\n\n\n", "ab"]),
        ({"output_mode": "tf_idf", "max_tokens": 30, "pad_to_max_tokens": True}, TEXTS),
    ],
)
def test_vocabularies_that_keras_cannot_read_back(options, texts):
    """Keras breaks lines at U+2028, U+0085, carriage returns and more, and asks for as many idf weights as words."""
    model, vocabulary = vectorizer_model(options, texts)
    opened = reopen(model)
    assert opened.layers[1].get_vocabulary() == vocabulary
    np.testing.assert_allclose(opened.forward(texts), np.asarray(model(as_strings(texts))), rtol=1e-6)


@pytest.mark.parametrize("mode", ["multi_hot", "count", "tf_idf"])
def test_bags_of_words_to_probabilities(mode):
    model, _ = vectorizer_model({"output_mode": mode})
    model = keras.Model(model.input, LAYERS.Dense(3, activation="softmax")(model.output))
    expected = np.asarray(model(as_strings(TEXTS)))
    np.testing.assert_allclose(reopen(model).predict_proba(TEXTS), expected, rtol=0, atol=1e-6)


def test_raw_sentences_to_probabilities():
    vectorizer = LAYERS.TextVectorization(max_tokens=30, output_sequence_length=9)
    vectorizer.adapt(TEXTS)
    middle = classifier(LAYERS.LSTM(4))
    model = keras.Sequential([keras.Input((1,), dtype="string"), vectorizer, *middle.layers])
    expected = np.asarray(model(as_strings(TEXTS)))
    opened = reopen(model)
    np.testing.assert_allclose(opened.predict_proba(TEXTS), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(opened.predict_classes(TEXTS), expected.argmax(axis=1))
    with pytest.raises(core.InputError, match="row 1"):
        opened.predict(["saya", 3])
