"""What layers over tokens do that no row of a table shows: masks that they make, refusals, in training."""

import keras
import numpy as np
import pytest
from compare import TOLERANCE, assert_close
from same_layer import same_layer
from token_rows import IDS, holes

import core
from text.layers import LSTM, Embedding, Masking, ReversibleEmbedding, SpatialDropout1D, TimeDistributed

LAYERS = keras.layers


@pytest.mark.parametrize("ids", IDS, ids=lambda ids: f"{ids.dtype}{ids.shape}")
def test_an_embedding_masks_zeros(ids):
    layer = LAYERS.Embedding(9, 4, mask_zero=True)
    np.testing.assert_array_equal(same_layer(layer, (None, 3)).compute_mask(ids, None), layer.compute_mask(ids))
    layer = LAYERS.Embedding(9, 4)
    assert same_layer(layer, (None, 3)).compute_mask(ids, None) is layer.compute_mask(ids) is None


@pytest.mark.parametrize("bad", [9, -10, 2**40, float("nan"), float("inf"), 3e9, -3e9])
def test_embedding_refuses_an_id_outside_the_table_and_names_the_row(bad):
    layer = LAYERS.Embedding(9, 4)
    ours = same_layer(layer, (None, 3))
    x = np.array([[0, 1, 2], [3, 4, 5], [6, bad, 8]])
    with pytest.raises(Exception, match="is not in"):
        layer(x)
    with pytest.raises(core.InputError, match=r"row 2 holds the token id .* ids 0 to 8"):
        ours.forward(x)


def test_embedding_refuses_what_is_no_number():
    ours = same_layer(LAYERS.Embedding(9, 4), (None, 3))
    with pytest.raises(core.InputError, match="token ids"):
        ours.forward(np.array([["a"]]))


def test_embedding_keeps_half_precision():
    layer = LAYERS.Embedding(9, 4, dtype="mixed_float16")
    assert_close(same_layer(layer, (None, 3)).forward(IDS[0]), layer(IDS[0]), 0)


@pytest.mark.parametrize("value", [0.0, -99.9, 1])
def test_masking_masks_steps_of_its_value(value):
    x, layer = holes(value).astype(np.float32), LAYERS.Masking(value)
    mask = same_layer(layer, x.shape).compute_mask(x, None)
    np.testing.assert_array_equal(mask, layer.compute_mask(x))
    assert not mask.all()


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


def test_time_distributed_in_training_normalises_each_step_for_itself():
    layer = LAYERS.TimeDistributed(LAYERS.BatchNormalization())
    x = np.random.default_rng(0).normal(2, 3, size=(6, 3, 5)).astype(np.float32)
    ours = same_layer(layer, x.shape)
    assert_close(
        ours.forward(x, training=True), layer(x, training=True), 10 * TOLERANCE["float32"]
    )  # divides by a deviation


BAD = [
    (lambda: Embedding(0, 4), "input_dim"),
    (lambda: Embedding(4, 4, weights=[1]), "weights"),
    (lambda: Embedding(4, 4, mask_zero="yes"), "mask_zero"),
    (lambda: Masking(None), "mask_value"),
    (lambda: SpatialDropout1D(2.0), "rate"),
    (lambda: TimeDistributed("dense"), "layer"),
    (lambda: ReversibleEmbedding(3, 2, logit_soft_cap=-1), "logit_soft_cap"),
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
    ours = same_layer(LAYERS.TimeDistributed(LAYERS.Dense(2)), (2, 3, 5))
    assert ours.multiply_adds((None, 3, 5)) == 3 * 5 * 2
    with pytest.raises(core.InputError, match="mask that begins with"):
        ours.forward(np.zeros((2, 3, 5), np.float32), mask=MASK[:, :2])
    with pytest.raises(core.InputError, match="one time step"):
        ours.forward(np.zeros((2, 0, 5), np.float32))
