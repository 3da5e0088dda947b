"""What the fast form of recurrent networks does that no row of a table shows: tables, ids, rows that stand alone, order."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from compare import check_fast, randomize, reopen
from keras import layers

import core
from text.kernels import recurrence as recur
from text.kernels.order import Order

LENGTH, VOCABULARY = 13, 20


def ids(rows=17, *, holes=True):
    """Token ids whose rows end at different places; with holes, some have zeros elsewhere, and one is all zero."""
    rng = np.random.default_rng(5)
    x = rng.integers(1, VOCABULARY, (rows, LENGTH))
    x[np.arange(LENGTH) >= rng.integers(1, LENGTH + 1, (rows, 1))] = 0
    if holes:
        x[rng.random(x.shape) < 0.2] = 0
        x[2] = 0
    return x


def opened(*line):
    return reopen(randomize(keras.Sequential(line), np.random.default_rng(1)))


def network(*rest):
    return opened(keras.Input((LENGTH,), dtype="int64"), layers.Embedding(VOCABULARY, 6, mask_zero=True), *rest)


def test_numbers_instead_of_tokens():
    model = opened(keras.Input((None, 4)), layers.Masking(), layers.GRU(6, return_sequences=True), layers.LSTM(3))
    x = np.random.default_rng(2).normal(size=(9, LENGTH, 4)).astype(np.float32)
    x[3:, 8:] = 0
    x[5, 2] = 0
    check_fast(model, x)
    with pytest.raises(core.InputError, match="at least one time step"):
        model.predict_proba(x[:, :0])


def test_a_vocabulary_too_large_for_a_table(monkeypatch):
    monkeypatch.setattr(recur, "TABLE_BYTES", 100)
    model = network(layers.LSTM(5))
    assert model.engine().plan.stages[0].kernel.table is None
    check_fast(model, ids())


def test_ids_are_checked_and_counted_from_the_end():
    model = network(layers.LSTM(5))
    x = ids()
    x[4, 0] = -1
    check_fast(model, x)
    x[4, 0] = VOCABULARY
    with pytest.raises(core.InputError, match="holds the token id 20"):
        model.predict_proba(x)


def test_a_row_does_not_depend_on_its_neighbours():
    both = layers.Bidirectional(layers.LSTM(16, return_sequences=True))
    model = network(both, layers.GRU(8), layers.Dense(4, activation="softmax"))
    x = ids(700)
    expected = model.predict_proba(x)
    for rows in (slice(0, 1), slice(5, 37), slice(100, 700)):
        for threads in (1, 2, 3):
            np.testing.assert_allclose(model.predict_proba(x[rows], threads=threads), expected[rows], rtol=0, atol=1e-6)


def test_long_sequences_do_not_drift():
    line = [layers.Embedding(50, 32), layers.LSTM(64, return_sequences=True), layers.GRU(64)]
    check_fast(opened(keras.Input((None,), dtype="int64"), *line), np.random.default_rng(2).integers(0, 50, (6, 200)))


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
