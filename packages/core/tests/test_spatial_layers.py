"""Convolution, pooling and borders along one axis against Keras: one row a layer, its options and the input."""

import keras
import numpy as np
import pytest
from padded import Padded
from parity import TOLERANCE, check_layer, check_model

LAYERS = keras.layers
FIRST = {"data_format": "channels_first"}

ROWS = [
    (LAYERS.Conv1D, {"filters": 5, "kernel_size": 3}, (3, 9, 4)),
    (LAYERS.Conv1D, {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same"}, (3, 9, 4)),
    (LAYERS.Conv1D, {"filters": 5, "kernel_size": 3, "padding": "causal", "dilation_rate": 3}, (3, 9, 4)),
    (LAYERS.Conv1D, {"filters": 5, "kernel_size": 3, "padding": "causal", "strides": 2}, (3, 9, 4)),
    (LAYERS.Conv1D, {"filters": 6, "kernel_size": 3, "groups": 2, "use_bias": False}, (3, 9, 4)),
    (LAYERS.Conv1D, {"filters": 8, "kernel_size": 3, "groups": 4, "activation": "relu"}, (3, 9, 4)),
    (LAYERS.Conv1D, {"filters": 5, "kernel_size": 1, "activation": "softmax"}, (3, 9, 4)),
    (LAYERS.DepthwiseConv1D, {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}, (3, 9, 4)),
    (LAYERS.DepthwiseConv1D, {"kernel_size": 3, "dilation_rate": 2, **FIRST}, (3, 4, 9)),
    (LAYERS.SeparableConv1D, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 9, 4)),
    (LAYERS.SeparableConv1D, {"filters": 5, "kernel_size": 2, "depth_multiplier": 3, "activation": "tanh"}, (3, 9, 4)),
    (LAYERS.Conv1DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 7, 4)),
    (LAYERS.Conv1DTranspose, {"filters": 5, "kernel_size": 2, "strides": 3}, (3, 7, 4)),
    (LAYERS.MaxPooling1D, {}, (3, 9, 4)),
    (LAYERS.MaxPooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, (3, 9, 4)),
    (LAYERS.MaxPooling1D, {"pool_size": 2, **FIRST}, (3, 4, 9)),
    (LAYERS.AveragePooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, (3, 9, 4)),
    (LAYERS.GlobalMaxPooling1D, {"keepdims": True}, (3, 9, 4)),
    (LAYERS.GlobalMaxPooling1D, FIRST, (3, 4, 9)),
    (LAYERS.GlobalAveragePooling1D, {}, (3, 9, 4)),
    (LAYERS.GlobalAveragePooling1D, {"keepdims": True, **FIRST}, (3, 4, 9)),
    (LAYERS.AdaptiveMaxPooling1D, {"output_size": 4}, (3, 9, 4)),
    (LAYERS.AdaptiveAveragePooling1D, {"output_size": 5}, (3, 9, 4)),
    (LAYERS.ZeroPadding1D, {"padding": (2, 1)}, (3, 9, 4)),
    (LAYERS.ZeroPadding1D, {"padding": 3, **FIRST}, (3, 4, 9)),
    (LAYERS.Cropping1D, {}, (3, 9, 4)),
    (LAYERS.Cropping1D, {"cropping": (3, 0)}, (3, 9, 4)),
    (LAYERS.UpSampling1D, {"size": 3}, (3, 9, 4)),
]


def row_name(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_forward_equals_keras(row, dtype):
    layer, options, shape = row
    check_layer(layer, options, shape, dtype=dtype)


@pytest.mark.parametrize("keepdims", [False, True])
def test_global_average_takes_the_mask(keepdims):
    x = np.random.default_rng(0).normal(size=(3, 4, 6)).astype(np.float32)
    x[0, 2:], x[1, 1] = 0, 0
    model = keras.Sequential([keras.Input((4, 6)), Padded(), LAYERS.GlobalAveragePooling1D(keepdims=keepdims)])
    check_model(model, x)


def test_a_sentence_without_words_has_no_average():
    pooling = check_layer(LAYERS.GlobalAveragePooling1D, {}, (2, 3, 4)).layers[0]
    x, mask = np.ones((2, 3, 4), dtype=np.float32), np.array([[True, False, False], [False, False, False]])
    expected = np.asarray(LAYERS.GlobalAveragePooling1D()(x, mask=mask))
    np.testing.assert_array_equal(pooling.forward(x, mask=mask), expected)
    assert np.isnan(expected[1]).all()


def test_length_may_stay_open():
    layer = LAYERS.Conv1D(5, 3, strides=2, padding="same")
    model = keras.Sequential([keras.Input((None, 4)), layer, LAYERS.GlobalMaxPooling1D()])
    opened = check_model(model, np.random.default_rng(0).normal(size=(2, 7, 4)).astype(np.float32))
    assert opened.layers[0].multiply_adds((None, None, 4)) is None
    x = np.random.default_rng(1).normal(size=(2, 12, 4)).astype(np.float32)
    np.testing.assert_allclose(opened.forward(x), np.asarray(model(x)), rtol=0, atol=3 * TOLERANCE["float32"])
