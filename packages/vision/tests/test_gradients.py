"""Gradients that no row of a table shows: of interpolation, in float32, and with channels first."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from compare_gradients import check_slopes
from same_layer import same_layer

LAYERS = keras.layers

SIZES = [
    *(
        (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": name, "antialias": antialias})
        for name in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
        for antialias in (False, True)
    ),
    (LAYERS.Resizing, {"height": 1, "width": 20}),
    (LAYERS.Resizing, {"height": 5, "width": 9, "data_format": "channels_first"}),
    (LAYERS.Resizing, {"height": 5, "width": 9, "crop_to_aspect_ratio": True}),
    (LAYERS.Resizing, {"height": 9, "width": 3, "pad_to_aspect_ratio": True, "fill_value": 0.5}),
    (LAYERS.UpSampling2D, {"size": (2, 3), "interpolation": "bilinear"}),
    (LAYERS.UpSampling2D, {"size": 2, "interpolation": "bicubic", "data_format": "channels_first"}),
    (LAYERS.CenterCrop, {"height": 5, "width": 4}),
    (LAYERS.CenterCrop, {"height": 12, "width": 5}),
    (LAYERS.CenterCrop, {"height": 5, "width": 3, "data_format": "channels_first"}),
]


@pytest.mark.parametrize("row", SIZES, ids=lambda row: f"{row[0].__name__}-{row[1]}")
def test_gradients_of_other_sizes(row):
    """TensorFlow interpolates in float32 alone, and so do we: 1e-6 is its precision."""
    layer, options = row
    x = np.random.default_rng(3).normal(size=(3, 8, 7, 4)).astype(np.float32)
    made, tensor = layer(**options), tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        y = made(tensor, training=True) if layer is LAYERS.CenterCrop else made(tensor)
    dy = np.random.default_rng(4).normal(size=y.shape).astype(np.float32)
    expected = np.asarray(tape.gradient(y, tensor, output_gradients=dy))
    ours = same_layer(layer(**options), x.shape)
    dx, _ = ours.learn(x)[1](dy)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-6 * max(1, np.abs(expected).max()))


def test_the_way_back_through_areas_is_their_transpose():
    """TensorFlow has no gradient of this interpolation; that of a linear map f has <dy, f(x)> = <dx, x>."""
    layer, x = LAYERS.Resizing(5, 12, "area"), np.random.default_rng(3).normal(size=(3, 8, 7, 4)).astype(np.float32)
    y, backward = same_layer(layer, x.shape).learn(x)
    dy = np.random.default_rng(4).normal(size=y.shape).astype(np.float32)
    np.testing.assert_allclose(np.vdot(dy, y), np.vdot(backward(dy)[0], x), rtol=1e-5)


def test_gradients_of_a_convolutional_lstm_with_channels_first():
    """TensorFlow does not know them on the CPU."""
    ours = same_layer(LAYERS.ConvLSTM2D(3, 2, data_format="channels_first", dtype="float64"), (2, 3, 2, 5, 4))
    rng = np.random.default_rng(3)
    check_slopes(ours, rng.normal(size=(2, 3, 2, 5, 4)), rng.normal(size=(2, 3, 4, 3)))
