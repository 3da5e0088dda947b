"""What recurrent layers do that no row of a table shows: states that are kept, long sequences, mixed precision."""

import keras
import numpy as np
import pytest
from compare import TOLERANCE, assert_close
from recurrent_rows import MASK
from same_layer import same_layer

LAYERS = keras.layers
FEATURES, UNITS = 3, 4
SHAPE = (*MASK.shape, FEATURES)
CELLS = {
    "simple_rnn": (LAYERS.SimpleRNN, {}),
    "lstm": (LAYERS.LSTM, {}),
    "gru after": (LAYERS.GRU, {"reset_after": True}),
    "gru before": (LAYERS.GRU, {"reset_after": False}),
}


def make(cell, dtype, **options):
    layer, own = CELLS[cell]
    quick = {"kernel_initializer": "zeros", "recurrent_initializer": "zeros"}  # the twin draws the weights
    return layer(UNITS, dtype=dtype, **own, **quick, **options)


@pytest.mark.parametrize("bidirectional", [False, True], ids=["one direction", "both directions"])
@pytest.mark.parametrize("cell", ["simple_rnn", "lstm", "gru after"])
def test_stateful_goes_on_where_the_batch_before_ended(cell, bidirectional):
    layer = make(cell, "float32", stateful=True)
    layer = LAYERS.Bidirectional(layer) if bidirectional else layer
    ours = same_layer(layer, SHAPE)
    x = np.random.default_rng(2).normal(size=(3, *SHAPE)).astype(np.float32)
    masks = (MASK, None, MASK)
    expected = [np.asarray(layer(batch, mask=mask)) for batch, mask in zip(x, masks, strict=True)]
    for batch, mask, theirs in zip(x, masks, expected, strict=True):
        assert_close(ours.forward(batch, mask=mask), theirs, TOLERANCE["float32"])
    ours.reset_states()
    assert_close(ours.forward(x[0], mask=MASK), expected[0], TOLERANCE["float32"])


@pytest.mark.parametrize("cell", CELLS)
def test_a_long_sequence_does_not_drift(cell):
    layer = make(cell, "float32", return_sequences=True)
    ours = same_layer(layer, SHAPE)
    x = np.random.default_rng(3).normal(size=(2, 100, FEATURES)).astype(np.float32)
    assert_close(ours.forward(x), layer(x), TOLERANCE["float32"])


@pytest.mark.parametrize("cell", CELLS)
def test_half_precision(cell):
    layer = make(cell, "mixed_float16", return_sequences=True)
    x = np.random.default_rng(1).normal(size=SHAPE).astype(np.float16)
    assert_close(same_layer(layer, SHAPE).forward(x, mask=MASK), layer(x, mask=MASK), TOLERANCE["float16"])
