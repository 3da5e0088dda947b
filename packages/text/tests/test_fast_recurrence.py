"""The fast form of recurrent networks gives the numbers of the plain one, whatever is masked."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from parity import check_fast, randomise, reopen

import core
from text.kernels import recurrence as recur
from text.kernels.order import Order

LENGTH, VOCABULARY = 13, 20

CELLS = {
    "simple_rnn": lambda **options: layers.SimpleRNN(5, **options),
    "lstm": lambda **options: layers.LSTM(5, **options),
    "gru": lambda **options: layers.GRU(5, **options),
    "gru before": lambda **options: layers.GRU(5, reset_after=False, **options),
    "without bias": lambda **options: layers.GRU(5, use_bias=False, **options),
}


def ids(rows=17, *, holes=True):
    """Token ids whose rows end at different places; with holes, some have zeros elsewhere, and one is all zero."""
    rng = np.random.default_rng(5)
    x = rng.integers(1, VOCABULARY, (rows, LENGTH))
    x[np.arange(LENGTH) >= rng.integers(1, LENGTH + 1, (rows, 1))] = 0
    if holes:
        x[rng.random(x.shape) < 0.2] = 0
        x[2] = 0
    return x


def network(*rest, mask_zero=True):
    line = [keras.Input((LENGTH,), dtype="int64"), layers.Embedding(VOCABULARY, 6, mask_zero=mask_zero), *rest]
    keras_model = keras.Sequential(line)
    randomise(keras_model, np.random.default_rng(1))
    return reopen(keras_model)


def steps(model):
    return [type(stage.kernel).__name__ for stage in model.engine().plan.stages]


@pytest.mark.parametrize("backwards", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("zero", [False, True], ids=["repeat", "zero"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("mask_zero", [True, False], ids=["masked", "all"])
@pytest.mark.parametrize("cell", CELLS)
def test_one_direction(cell, mask_zero, sequences, zero, backwards):
    options = {"return_sequences": sequences, "zero_output_for_mask": zero, "go_backwards": backwards}
    model = network(CELLS[cell](**options), mask_zero=mask_zero)
    assert steps(model) == ["Recur"]
    check_fast(model, ids())
    check_fast(model, ids(holes=False))


@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("cell", CELLS)
def test_both_directions(cell, sequences, merge_mode):
    layer = layers.Bidirectional(CELLS[cell](return_sequences=sequences), merge_mode=merge_mode)
    for mask_zero in (True, False):
        model = network(layer, mask_zero=mask_zero)
        assert steps(model) == ["Recur"]
        check_fast(model, ids())


@pytest.mark.parametrize("cell", CELLS)
def test_one_layer_above_another(cell):
    first, second = CELLS[cell](return_sequences=True), CELLS[cell](return_sequences=True)
    line = [
        layers.SpatialDropout1D(0.2),
        layers.Bidirectional(first),
        layers.Dropout(0.3),
        second,
        CELLS[cell](),
        layers.Dense(3),
    ]
    model = network(*line)
    assert steps(model) == ["Recur", "Recur", "Recur", "Multiply"]
    check_fast(model, ids())


def test_a_mask_among_the_arguments_of_a_graph():
    """In a Functional model Keras writes the mask as an operation of its own."""
    x = keras.Input((LENGTH,), dtype="int64")
    h = layers.Bidirectional(layers.LSTM(4, return_sequences=True))(layers.Embedding(VOCABULARY, 6, mask_zero=True)(x))
    keras_model = keras.Model(x, layers.Dense(3)(keras.ops.max(h, axis=1)))
    randomise(keras_model, np.random.default_rng(1))
    model = reopen(keras_model)
    assert "Recur" in steps(model)
    check_fast(model, ids())


def test_numbers_instead_of_tokens():
    keras_model = keras.Sequential(
        [keras.Input((None, 4)), layers.Masking(), layers.GRU(6, return_sequences=True), layers.LSTM(3)]
    )
    randomise(keras_model, np.random.default_rng(1))
    x = np.random.default_rng(2).normal(size=(9, LENGTH, 4)).astype(np.float32)
    x[3:, 8:] = 0
    x[5, 2] = 0
    model = reopen(keras_model)
    check_fast(model, x)
    with pytest.raises(core.InputError, match="at least one time step"):
        model.predict_proba(x[:, :0])


def test_a_vocabulary_too_large_for_a_table(monkeypatch):
    monkeypatch.setattr(recur, "TABLE_BYTES", 100)
    model = network(CELLS["lstm"]())
    assert model.engine().plan.stages[0].kernel.table is None
    check_fast(model, ids())


def test_ids_are_checked_and_counted_from_the_end():
    model = network(CELLS["lstm"]())
    x = ids()
    x[4, 0] = -1
    check_fast(model, x)
    x[4, 0] = VOCABULARY
    with pytest.raises(core.InputError, match="holds the token id 20"):
        model.predict_proba(x)


@pytest.mark.parametrize(
    "layer",
    [
        lambda: layers.LSTM(3, activation="relu"),
        lambda: layers.GRU(3, recurrent_activation="hard_sigmoid"),
        lambda: layers.SimpleRNN(3, activation="relu"),
        lambda: layers.LSTM(3, stateful=False, dtype="float64"),
        lambda: layers.Bidirectional(layers.LSTM(3, dtype="float64"), dtype="float32"),
        lambda: layers.RNN([layers.LSTMCell(3), layers.GRUCell(2)]),
        lambda: layers.Bidirectional(layers.LSTM(3), backward_layer=layers.GRU(3, go_backwards=True)),
    ],
)
def test_what_has_no_fast_form_stays_plain(layer):
    model = network(layer())
    assert "Recur" not in steps(model)
    check_fast(model, ids())


def test_a_row_does_not_depend_on_its_neighbours():
    model = network(
        layers.Bidirectional(layers.LSTM(16, return_sequences=True)),
        layers.GRU(8),
        layers.Dense(4, activation="softmax"),
    )
    x = ids(700)
    expected = model.predict_proba(x)
    for rows in (slice(0, 1), slice(5, 37), slice(100, 700)):
        for threads in (1, 2, 3):
            np.testing.assert_allclose(model.predict_proba(x[rows], threads=threads), expected[rows], rtol=0, atol=1e-6)


def test_long_sequences_do_not_drift():
    keras_model = keras.Sequential(
        [
            keras.Input((None,), dtype="int64"),
            layers.Embedding(50, 32),
            layers.LSTM(64, return_sequences=True),
            layers.GRU(64),
        ]
    )
    randomise(keras_model, np.random.default_rng(1))
    check_fast(reopen(keras_model), np.random.default_rng(2).integers(0, 50, (6, 200)))


def test_order():
    mask = np.array([[1, 0, 1, 0], [0, 0, 0, 0], [1, 1, 1, 0]], bool)
    order = Order.of(3, 4, mask)
    assert order.rows.tolist() == [2, 0, 1]
    assert order.counts.tolist() == [3, 2, 0]
    assert order.steps(backwards=False)[:, :2].T.tolist() == [[0, 1, 2], [0, 2, 1]]  # the third of [0, 2] is not read
    assert order.steps(backwards=True)[:, :2].T.tolist() == [[2, 1, 0], [2, 0, 0]]
    assert list(order.active()) == [(range(2), 2), (range(2, 3), 1)]
    assert order.step_of_time(backwards=False).tolist() == [[0, 1, 2, 2], [0, 0, 1, 1], [-1] * 4]
    assert order.step_of_time(backwards=True).tolist() == [[2, 1, 0, -1], [1, 0, 0, -1], [-1] * 4]
