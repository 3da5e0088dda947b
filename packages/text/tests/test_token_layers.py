"""Embedding, masking, dropout over features, and layers over time steps, against Keras."""

import keras
import numpy as np
import pytest
from parity import TOLERANCE
from twin import close, twin

import core
from text.layers import LSTM, Embedding, Masking, SpatialDropout1D, TimeDistributed

LAYERS = keras.layers

IDS = {
    "int64": np.array([[3, 0, 1], [8, -1, 0]]),
    "uint8": np.array([[3, 0, 1], [8, 1, 0]], np.uint8),
    "float32": np.array([[3.9, 0.0, 0.5], [8.0, -0.5, -1.2]], np.float32),
    "bool": np.array([[True, False, True]]),
    "three axes": np.arange(8).reshape(2, 2, 2),
    "from the end": np.array([[-1, -9]]),
}


@pytest.mark.parametrize("ids", IDS)
@pytest.mark.parametrize("mask_zero", [False, True])
def test_embedding_looks_up_as_keras_does(ids, mask_zero):
    layer = LAYERS.Embedding(9, 4, mask_zero=mask_zero)
    ours = twin(layer, (None, 3))
    x = IDS[ids]
    close(ours.forward(x), layer(x), 0)
    expected = layer.compute_mask(x)
    assert (ours.compute_mask(x, None) is None) == (expected is None)
    if mask_zero:
        np.testing.assert_array_equal(ours.compute_mask(x, None), expected)


@pytest.mark.parametrize("bad", [9, -10, 2**40, float("nan"), float("inf"), 3e9, -3e9])
def test_embedding_refuses_an_id_outside_the_table_and_names_the_row(bad):
    layer = LAYERS.Embedding(9, 4)
    ours = twin(layer, (None, 3))
    x = np.array([[0, 1, 2], [3, 4, 5], [6, bad, 8]])
    with pytest.raises(Exception, match="is not in"):
        layer(x)
    with pytest.raises(core.InputError, match=r"row 2 holds the token id .* ids 0 to 8"):
        ours.forward(x)


def test_embedding_refuses_what_is_no_number():
    ours = twin(LAYERS.Embedding(9, 4), (None, 3))
    with pytest.raises(core.InputError, match="token ids"):
        ours.forward(np.array([["a"]]))


def test_embedding_keeps_half_precision():
    layer = LAYERS.Embedding(9, 4, dtype="mixed_float16")
    close(twin(layer, (None, 3)).forward(IDS["int64"]), layer(IDS["int64"]), 0)


@pytest.mark.parametrize("value", [0.0, -99.9, 1])
def test_masking(value):
    x = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)
    x[0, 1] = x[2, 3] = x[1, 0, 0] = value
    layer = LAYERS.Masking(value)
    ours = twin(layer, x.shape)
    close(ours.forward(x), layer(x), 0)
    np.testing.assert_array_equal(ours.compute_mask(x, None), layer.compute_mask(x))
    assert not ours.compute_mask(x, None).all()


def test_spatial_dropout_forgets_whole_features():
    layer = SpatialDropout1D(0.25)
    layer.build((None, 6, 50))
    x = np.ones((40, 6, 50), np.float32)
    np.testing.assert_array_equal(layer.forward(x), x)
    kept = layer.forward(x, training=True, rng=np.random.default_rng(0))
    assert set(np.unique(kept)) == {np.float32(0), np.float32(1 / 0.75)}
    np.testing.assert_array_equal(kept, np.repeat(kept[:, :1], 6, axis=1))
    assert abs(float((kept == 0).mean()) - 0.25) < 0.05  # 2000 draws: five standard deviations are 0.05
    with pytest.raises(core.InputError, match="3 axes"):
        layer.forward(x[0])


MASK = np.array([[True, True, False], [False, True, True]])
DISTRIBUTED = {
    "dense": (lambda: LAYERS.Dense(4, activation="tanh"), (2, 3, 5), None),
    "dense, masked": (lambda: LAYERS.Dense(4), (2, 3, 5), MASK),
    "lstm": (lambda: LAYERS.LSTM(4), (2, 3, 4, 5), None),
    "lstm, masked": (
        lambda: LAYERS.LSTM(4, return_sequences=True),
        (2, 3, 3, 5),
        np.stack([MASK, ~MASK, MASK], axis=1),
    ),
    "normalisation": (LAYERS.BatchNormalization, (2, 3, 5), MASK),
    "model": (
        lambda: keras.Sequential([keras.Input((4, 5)), LAYERS.GRU(3), LAYERS.Dense(2)]),
        (2, 3, 4, 5),
        None,
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", DISTRIBUTED)
def test_time_distributed(name, dtype):
    make, shape, mask = DISTRIBUTED[name]
    keras.config.set_dtype_policy(dtype)
    try:
        layer = LAYERS.TimeDistributed(make())
        ours = twin(layer, shape)
        x = np.random.default_rng(0).normal(size=shape).astype(dtype)
        close(ours.forward(x, mask=mask), layer(x, mask=mask), TOLERANCE[dtype])
        assert ours.compute_output_shape((None, *shape[1:])) == layer.compute_output_shape((None, *shape[1:]))
    finally:
        keras.config.set_dtype_policy("float32")


def test_time_distributed_in_training_normalises_each_step_for_itself():
    layer = LAYERS.TimeDistributed(LAYERS.BatchNormalization())
    x = np.random.default_rng(0).normal(2, 3, size=(6, 3, 5)).astype(np.float32)
    ours = twin(layer, x.shape)
    close(ours.forward(x, training=True), layer(x, training=True), 10 * TOLERANCE["float32"])  # divides by a deviation


BAD = [
    (lambda: Embedding(0, 4), "input_dim"),
    (lambda: Embedding(4, 4, weights=[1]), "weights"),
    (lambda: Embedding(4, 4, mask_zero="yes"), "mask_zero"),
    (lambda: Masking(None), "mask_value"),
    (lambda: SpatialDropout1D(2.0), "rate"),
    (lambda: TimeDistributed("dense"), "layer"),
]


@pytest.mark.parametrize(("make", "message"), BAD)
def test_options_that_cannot_be_are_refused(make, message):
    with pytest.raises(core.InputError, match=message):
        make()


def test_time_distributed_refuses_what_it_cannot_distribute():
    with pytest.raises(core.UnsupportedLayerError, match="three axes"):
        TimeDistributed(LSTM(4)).build((None, 3))
    layer = TimeDistributed(LSTM(4, return_state=True))
    layer.build((None, 3, 4, 5))
    with pytest.raises(core.UnsupportedLayerError, match="several outputs"):
        layer.compute_output_shape((None, 3, 4, 5))
    ours = twin(LAYERS.TimeDistributed(LAYERS.Dense(2)), (2, 3, 5))
    assert ours.multiply_adds((None, 3, 5)) == 3 * 5 * 2
    with pytest.raises(core.InputError, match="mask that begins with"):
        ours.forward(np.zeros((2, 3, 5), np.float32), mask=MASK[:, :2])
    with pytest.raises(core.InputError, match="one time step"):
        ours.forward(np.zeros((2, 0, 5), np.float32))
