"""Every layer of core against Keras: one row a layer and its options."""

import keras
import numpy as np
import pytest
from parity import TOLERANCE, check_layer, check_model

LAYERS = keras.layers
ACTIVATIONS = [
    "linear", "relu", "relu6", "leaky_relu", "elu", "selu", "celu", "sigmoid", "log_sigmoid", "hard_sigmoid", "tanh", "hard_tanh",
    "tanh_shrink", "softplus", "softsign", "soft_shrink", "hard_shrink", "squareplus", "sparse_plus", "sparse_sigmoid", "silu",
    "swish", "hard_silu", "hard_swish", "mish", "gelu", "glu", "exponential", "softmax", "log_softmax", "sparsemax",
]  # fmt: skip

ROWS = [
    (LAYERS.Dense, {"units": 5}, (4, 7)),
    (LAYERS.Dense, {"units": 5, "use_bias": False, "activation": "relu"}, (4, 7)),
    (LAYERS.Dense, {"units": 3, "activation": "softmax"}, (4, 2, 3, 6)),
    (LAYERS.Flatten, {}, (4, 2, 3, 5)),
    (LAYERS.Flatten, {"data_format": "channels_first"}, (4, 2, 3, 5)),
    (LAYERS.Flatten, {}, (4,)),
    (LAYERS.Dropout, {"rate": 0.4}, (4, 6)),
    (LAYERS.BatchNormalization, {}, (4, 6)),
    (LAYERS.BatchNormalization, {"epsilon": 1e-5}, (4, 5, 5, 3)),
    (LAYERS.BatchNormalization, {"axis": 1, "scale": False}, (4, 3, 5)),
    (LAYERS.BatchNormalization, {"center": False}, (4, 5, 3)),
    *((LAYERS.Activation, {"activation": name}, (4, 3, 6)) for name in ACTIVATIONS),
]


def row_name(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_forward_equals_keras(row, dtype):
    layer, options, shape = row
    check_layer(layer, options, shape, dtype=dtype)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_at_extremes(name):
    x = np.array([[-200.0, -90.0, -20.0, -1.0, -0.0, 0.5, 3.0, 20.0, 80.0, 88.0]], dtype=np.float32)
    check_layer(LAYERS.Activation, {"activation": name}, x.shape, x=x)


@pytest.mark.parametrize("axis", [-1, 1])
def test_batch_normalization_in_training_uses_the_batch(axis):
    rng = np.random.default_rng(1)
    x = rng.normal(2, 3, size=(6, 4, 5)).astype(np.float32)
    layer = LAYERS.BatchNormalization(axis=axis)
    opened = check_model(keras.Sequential([keras.Input(x.shape[1:]), layer]), x)
    expected = np.asarray(layer(x, training=True))
    np.testing.assert_allclose(opened.forward(x, training=True), expected, rtol=0, atol=TOLERANCE["float32"] * 10 / 3)


def test_dropout_in_training_keeps_the_mean_and_follows_its_generator():
    opened = check_layer(LAYERS.Dropout, {"rate": 0.25}, (4, 6))
    x = np.ones((200, 6), dtype=np.float32)
    first = opened.forward(x, training=True, rng=np.random.default_rng(3))
    again = opened.forward(x, training=True, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(first, again)
    assert set(np.unique(first)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(float(np.mean(first == 0)) - 0.25) < 0.05  # 1200 draws: five standard deviations are 0.06
