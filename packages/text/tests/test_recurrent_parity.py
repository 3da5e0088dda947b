"""Every recurrent layer against Keras: cell x direction x merge_mode x return_sequences x masks x reset_after x options.

The rows of the batch carry the mask patterns, so that one call of Keras checks them all.
"""

import keras
import numpy as np
import pytest
from parity import TOLERANCE
from twin import close, twin

LAYERS = keras.layers
TIME, FEATURES, UNITS = 5, 3, 4
MASKS = {
    "trailing": [1, 1, 1, 0, 0],
    "leading": [0, 0, 1, 1, 1],
    "inner": [1, 0, 1, 0, 1],
    "both ends": [0, 1, 1, 0, 0],
    "full": [0, 0, 0, 0, 0],
    "none": [1, 1, 1, 1, 1],
}
MASK = np.array(list(MASKS.values()), dtype=bool)
CELLS = {
    "simple_rnn": (LAYERS.SimpleRNN, {}),
    "lstm": (LAYERS.LSTM, {}),
    "gru after": (LAYERS.GRU, {"reset_after": True}),
    "gru before": (LAYERS.GRU, {"reset_after": False}),
}
SHAPE = (len(MASKS), TIME, FEATURES)


def make(cell, dtype, **options):
    layer, own = CELLS[cell]
    quick = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}  # the twin draws the weights
    return layer(UNITS, dtype=dtype, **own, **quick, **options)


def compare(layer, dtype, *, masks=(MASK, None), state=None):
    x = np.random.default_rng(1).normal(size=SHAPE).astype(dtype)
    ours = twin(layer, SHAPE)
    given = {} if state is None else {"initial_state": [np.full((len(x), UNITS), 0.3, dtype)] * state}
    for mask in masks:
        close(ours.forward(x, mask=mask, **given), layer(x, mask=mask, **given), TOLERANCE[dtype])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("zero", [False, True], ids=["repeat", "zero"])
@pytest.mark.parametrize("backwards", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("cell", CELLS)
def test_one_direction(cell, sequences, backwards, zero, dtype):
    options = {"return_sequences": sequences, "go_backwards": backwards, "zero_output_for_mask": zero}
    compare(make(cell, dtype, **options), dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("merge_mode", ["concat", "sum", "mul", "ave", None])
@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("cell", CELLS)
def test_both_directions(cell, sequences, merge_mode, dtype):
    layer = LAYERS.Bidirectional(make(cell, dtype, return_sequences=sequences), merge_mode=merge_mode, dtype=dtype)
    compare(layer, dtype, masks=(MASK, None) if merge_mode == "concat" else (MASK,))


OPTIONS = [
    ("simple_rnn", {"use_bias": False, "activation": "relu"}),
    ("simple_rnn", {"unroll": True, "zero_output_for_mask": True}),
    ("lstm", {"use_bias": False, "activation": "relu", "recurrent_activation": "hard_sigmoid"}),
    ("lstm", {"activation": None, "unit_forget_bias": False, "implementation": 1}),
    ("lstm", {"unroll": True, "go_backwards": True, "return_sequences": True}),
    ("lstm", {"dropout": 0.3, "recurrent_dropout": 0.2, "return_sequences": True}),
    ("gru after", {"use_bias": False, "activation": "elu", "recurrent_activation": "hard_sigmoid"}),
    ("gru before", {"use_bias": False, "implementation": 1}),
    ("gru after", {"unroll": True, "dropout": 0.1}),
]


@pytest.mark.parametrize(("cell", "options"), OPTIONS, ids=str)
def test_options(cell, options):
    compare(make(cell, "float32", **options), "float32")


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize(("cell", "states"), [("simple_rnn", 1), ("lstm", 2), ("gru after", 1)])
def test_states_go_in_and_come_out(cell, states, sequences):
    options = {"return_sequences": sequences, "return_state": True}
    compare(make(cell, "float32", **options), "float32", state=states)
    for merge_mode in ("concat", None):
        both = LAYERS.Bidirectional(make(cell, "float32", **options), merge_mode=merge_mode)
        compare(both, "float32", masks=(MASK,), state=2 * states)


def test_bidirectional_with_a_backward_layer_of_its_own():
    halves = [
        make("lstm", "float32", return_sequences=True),
        make("gru after", "float32", return_sequences=True, go_backwards=True),
    ]
    compare(LAYERS.Bidirectional(halves[0], backward_layer=halves[1]), "float32")
    compare(LAYERS.Bidirectional(halves[1], backward_layer=halves[0], merge_mode="sum"), "float32")


@pytest.mark.parametrize("sequences", [False, True], ids=["last", "sequences"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_stack_of_cells(dtype, sequences):
    cells = [LAYERS.LSTMCell(4, dtype=dtype), LAYERS.LSTMCell(2, dtype=dtype), LAYERS.GRUCell(3, dtype=dtype)]
    stack = LAYERS.StackedRNNCells(cells, dtype=dtype)  # a plain list would be float32 in Keras, whatever the layer is
    compare(LAYERS.RNN(stack, return_sequences=sequences, return_state=True, dtype=dtype), dtype)
    one = LAYERS.RNN(LAYERS.SimpleRNNCell(4, dtype=dtype), go_backwards=True, return_sequences=sequences, dtype=dtype)
    compare(one, dtype, state=1)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both directions"])
@pytest.mark.parametrize("cell", ["simple_rnn", "lstm", "gru after"])
def test_stateful_goes_on_where_the_batch_before_ended(cell, bidirectional):
    layer = make(cell, "float32", stateful=True)
    layer = LAYERS.Bidirectional(layer) if bidirectional else layer
    ours = twin(layer, SHAPE)
    x = np.random.default_rng(2).normal(size=(3, *SHAPE)).astype(np.float32)
    masks = (MASK, None, MASK)
    expected = [np.asarray(layer(batch, mask=mask)) for batch, mask in zip(x, masks, strict=True)]
    for batch, mask, theirs in zip(x, masks, expected, strict=True):
        close(ours.forward(batch, mask=mask), theirs, TOLERANCE["float32"])
    ours.reset_states()
    close(ours.forward(x[0], mask=MASK), expected[0], TOLERANCE["float32"])


@pytest.mark.parametrize("cell", CELLS)
def test_a_long_sequence_does_not_drift(cell):
    layer = make(cell, "float32", return_sequences=True)
    ours = twin(layer, SHAPE)
    x = np.random.default_rng(3).normal(size=(2, 100, FEATURES)).astype(np.float32)
    close(ours.forward(x), layer(x), TOLERANCE["float32"])


@pytest.mark.parametrize("cell", CELLS)
def test_half_precision(cell):
    layer = make(cell, "mixed_float16", return_sequences=True)
    x = np.random.default_rng(1).normal(size=SHAPE).astype(np.float16)
    close(twin(layer, SHAPE).forward(x, mask=MASK), layer(x, mask=MASK), TOLERANCE["float16"])
