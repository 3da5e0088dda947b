"""The way back through every layer over tokens and time, against TensorFlow's gradients and central differences.

Masked steps in front, between and at the end, a row that is masked throughout, initial states, both directions.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf
from slopes import check_gradients, check_slopes
from twin import twin

from core.layers.gradients import SparseRows
from text.layers import GRU, LSTM, SimpleRNN

LAYERS = keras.layers
BATCH, TIME, INPUTS, UNITS = 4, 5, 3, 4
MASK = np.array(
    [
        [True, True, True, False, False],
        [False, True, False, True, True],
        [False, False, False, False, False],
        [True, True, True, True, True],
    ]
)
PADDED = np.array([[True] * 3 + [False] * 2] * BATCH)  # steps that count for nobody
CELLS = [
    (LAYERS.SimpleRNN, {}),
    (LAYERS.SimpleRNN, {"activation": "relu", "use_bias": False}),
    (LAYERS.LSTM, {}),
    (LAYERS.LSTM, {"activation": "elu", "recurrent_activation": "hard_sigmoid", "use_bias": False}),
    (LAYERS.GRU, {}),
    (LAYERS.GRU, {"use_bias": False}),
    (LAYERS.GRU, {"reset_after": False}),
    (LAYERS.GRU, {"reset_after": False, "use_bias": False, "recurrent_activation": "hard_sigmoid"}),
]
LOOPS = [
    {},
    {"return_sequences": True},
    {"return_sequences": True, "go_backwards": True},
    {"return_state": True},
    {"return_sequences": True, "return_state": True},
]


def inputs(seed=3, shape=(BATCH, TIME, INPUTS)):
    return np.random.default_rng(seed).normal(size=shape)


def states(count, seed=5):
    return [np.random.default_rng(seed + index).normal(size=(BATCH, UNITS)) for index in range(count)]


@pytest.mark.parametrize("mask", [None, MASK, PADDED], ids=["all", "mask", "padded"])
@pytest.mark.parametrize("loop", LOOPS, ids=str)
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_gradients_through_time(cell, loop, mask):
    layer, options = cell
    check_gradients(layer(UNITS, **options, **loop, dtype="float64"), inputs(), mask=mask)


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "mask"])
@pytest.mark.parametrize("cell", CELLS, ids=str)
def test_gradients_of_initial_states(cell, mask):
    layer, options = cell
    made = layer(UNITS, **options, return_sequences=True, return_state=True, dtype="float64")
    check_gradients(made, inputs(), mask=mask, state=states(2 if layer is LAYERS.LSTM else 1))


@pytest.mark.parametrize("mask", [None, MASK, PADDED], ids=["all", "mask", "padded"])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [False, True])
def test_gradients_of_both_directions(merge_mode, sequences, mask):
    layer = LAYERS.Bidirectional(
        LAYERS.LSTM(UNITS, return_sequences=sequences, dtype="float64"), merge_mode=merge_mode, dtype="float64"
    )
    check_gradients(layer, inputs(), mask=mask)


def test_gradients_of_both_directions_with_states():
    layer = LAYERS.Bidirectional(
        LAYERS.GRU(UNITS, return_sequences=True, return_state=True, dtype="float64"), dtype="float64"
    )
    check_gradients(layer, inputs(), mask=MASK, state=states(2))


@pytest.mark.parametrize("mask", [None, MASK], ids=["all", "mask"])
def test_gradients_of_a_stack_of_cells(mask):
    cells = [
        LAYERS.LSTMCell(UNITS, dtype="float64"),
        LAYERS.GRUCell(3, dtype="float64"),
        LAYERS.SimpleRNNCell(2, dtype="float64"),
    ]
    layer = LAYERS.RNN(LAYERS.StackedRNNCells(cells, dtype="float64"), return_sequences=True, dtype="float64")
    check_gradients(layer, inputs(), mask=mask)


@pytest.mark.parametrize(
    "inner", [LAYERS.Dense(4, activation="tanh", dtype="float64"), LAYERS.LayerNormalization(dtype="float64")]
)
def test_gradients_of_a_layer_at_every_time_step(inner):
    check_gradients(LAYERS.TimeDistributed(inner, dtype="float64"), inputs())


def test_gradients_of_a_masked_recurrent_layer_at_every_time_step():
    layer = LAYERS.TimeDistributed(LAYERS.LSTM(UNITS, dtype="float64"), dtype="float64")
    check_gradients(layer, inputs(shape=(2, 3, 4, 3)), mask=np.random.default_rng(0).random((2, 3, 4)) > 0.3)


def test_gradients_of_masking():
    layer, x = LAYERS.Masking(dtype="float64"), inputs()
    check_gradients(layer, x)
    x[0, 1] = x[2, 3] = 0.0
    y, backward = twin(layer, x.shape).learn(x)
    expected = np.ones_like(x)
    expected[0, 1] = expected[2, 3] = 0.0
    np.testing.assert_array_equal(backward(np.ones_like(y))[0], expected)


def test_the_gradient_of_an_embedding_names_the_rows_that_were_looked_up():
    layer = LAYERS.Embedding(7, 3, dtype="float64")
    ids = np.array([[1, 6, 1], [0, 6, 1]])
    check_gradients(layer, ids)
    ours = twin(layer, ids.shape)
    y, backward = ours.learn(ids)
    dx, gradients = backward(np.ones_like(y))
    assert dx is None
    found = gradients[ours, "embeddings"]
    assert isinstance(found, SparseRows)
    np.testing.assert_array_equal(found.dense()[:, 0], [1, 3, 0, 0, 0, 0, 2])
    _, backward = ours.learn(ids - 7)  # an id below zero counts from the end
    np.testing.assert_array_equal(backward(np.ones_like(y))[1][ours, "embeddings"].dense(), found.dense())


@pytest.mark.parametrize(("dropout", "recurrent"), [(0.4, 0.0), (0.0, 0.4), (0.4, 0.3)])
@pytest.mark.parametrize("make", [SimpleRNN, LSTM, GRU, lambda *a, **k: GRU(*a, reset_after=False, **k)])
def test_gradients_through_dropout(make, dropout, recurrent):
    """TensorFlow draws other numbers, so the slope of our own function must do."""
    layer = make(UNITS, dropout=dropout, recurrent_dropout=recurrent, dtype="float64")
    layer.build((None, TIME, INPUTS))
    rng = np.random.default_rng(1)
    for _, part in layer.walk():
        for name, shape in part.parameter_shapes.items():
            part.assign(name, rng.normal(scale=0.5, size=shape))
    check_slopes(layer, inputs(), rng.normal(size=(BATCH, UNITS)), rng=lambda: np.random.default_rng(11), mask=MASK)


@pytest.mark.parametrize("options", [{}, {"tie_weights": False}, {"logit_soft_cap": 0.7}], ids=str)
def test_gradients_of_a_table_that_is_read_both_ways(options):
    ids = keras.Input((4,), dtype="int64")
    table = LAYERS.ReversibleEmbedding(7, 3, dtype="float64", **options)
    hidden = LAYERS.Dense(3, activation="tanh", dtype="float64")(table(ids))
    check_gradients(keras.Model(ids, table(hidden, reverse=True)), np.array([[1, 2, 0, 0], [3, 4, 1, 6]]))


@pytest.mark.parametrize("make", [LAYERS.SimpleRNNCell, LAYERS.LSTMCell, LAYERS.GRUCell])
def test_gradients_of_one_step(make):
    """A cell by itself is a layer of several tensors, so the loss is that of its output and its new state."""
    cell = make(UNITS, dtype="float64")
    ours = twin(cell, (BATCH, INPUTS))
    x, count = inputs(shape=(BATCH, INPUTS)), len(ours.state_names)
    tensors = [tf.constant(value) for value in (x, *states(count))]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output, new = cell(tensors[0], tensors[1:])
    (y, _), backward = ours.learn(x, states(count))
    dy, d_new = np.random.default_rng(8).normal(size=y.shape), states(count, seed=20)
    sources = [*tensors, *(weight.value for weight in cell.trainable_weights)]
    expected = tape.gradient([output, *keras.tree.flatten(new)], sources, output_gradients=[dy, *d_new])
    dx, gradients = backward((dy, d_new))
    found = [dx["inputs"], *dx["states"], *(gradients[ours, name] for name in ours.parameter_shapes)]
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-10)
