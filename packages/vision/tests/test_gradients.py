"""The way back through every layer over images, against TensorFlow's gradients and central differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.applications.convnext import LayerScale
from keras.src.applications.inception_resnet_v2 import CustomScaleLayer
from slopes import check_gradients, check_slopes
from twin import twin

LAYERS = keras.layers

ROWS = [
    (LAYERS.Conv2D, {"filters": 4, "kernel_size": 3}, (2, 6, 5, 3)),
    (LAYERS.Conv2D, {"filters": 4, "kernel_size": (2, 3), "padding": "same", "activation": "elu"}, (2, 6, 5, 3)),
    (LAYERS.Conv2D, {"filters": 4, "kernel_size": 3, "strides": (2, 1), "padding": "same"}, (2, 6, 5, 3)),
    (LAYERS.Conv2D, {"filters": 4, "kernel_size": 2, "strides": 3, "use_bias": False}, (2, 7, 5, 3)),
    (LAYERS.Conv2D, {"filters": 4, "kernel_size": 3, "dilation_rate": 2, "padding": "same"}, (2, 6, 5, 3)),
    (LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 2, "padding": "same"}, (2, 6, 5, 4)),
    (LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 2, "strides": 2}, (2, 6, 5, 4)),
    (LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 3}, (2, 6, 5, 3)),
    (LAYERS.Conv2D, {"filters": 4, "kernel_size": 1}, (2, 6, 5, 3)),
    (LAYERS.Conv3D, {"filters": 2, "kernel_size": 2, "strides": 2}, (2, 4, 4, 5, 2)),
    (LAYERS.DepthwiseConv2D, {"kernel_size": 3, "padding": "same"}, (2, 6, 5, 3)),
    (LAYERS.DepthwiseConv2D, {"kernel_size": 3, "strides": 2, "depth_multiplier": 2}, (2, 7, 7, 3)),
    (LAYERS.SeparableConv2D, {"filters": 4, "kernel_size": 3, "padding": "same", "depth_multiplier": 2}, (2, 6, 5, 3)),
    (LAYERS.Conv2DTranspose, {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (2, 4, 3, 3)),
    (LAYERS.Conv2DTranspose, {"filters": 4, "kernel_size": (3, 2), "strides": (1, 3)}, (2, 4, 3, 3)),
    (LAYERS.Conv3DTranspose, {"filters": 2, "kernel_size": 2, "strides": 2}, (2, 2, 3, 2, 2)),
    (LAYERS.MaxPooling2D, {}, (2, 7, 6, 3)),
    (LAYERS.MaxPooling2D, {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 7, 6, 3)),
    (LAYERS.AveragePooling2D, {"pool_size": 2}, (2, 7, 6, 3)),
    (LAYERS.AveragePooling2D, {"pool_size": (3, 2), "strides": 1, "padding": "same"}, (2, 7, 6, 3)),
    (LAYERS.GlobalMaxPooling2D, {}, (2, 4, 5, 3)),
    (LAYERS.GlobalMaxPooling2D, {"data_format": "channels_first"}, (2, 3, 4, 5)),
    (LAYERS.GlobalAveragePooling2D, {"keepdims": True}, (2, 4, 5, 3)),
    (LAYERS.GlobalAveragePooling2D, {"data_format": "channels_first"}, (2, 3, 4, 5)),
    (LAYERS.AdaptiveAveragePooling2D, {"output_size": (2, 3)}, (2, 5, 4, 3)),
    (LAYERS.AdaptiveMaxPooling2D, {"output_size": (2, 3)}, (2, 5, 4, 3)),
    (LAYERS.ZeroPadding2D, {"padding": ((1, 2), (0, 3))}, (2, 4, 5, 3)),
    (LAYERS.ZeroPadding2D, {"data_format": "channels_first"}, (2, 3, 4, 5)),
    (LAYERS.Cropping2D, {"cropping": ((1, 1), (0, 3))}, (2, 4, 5, 3)),
    (LAYERS.Cropping2D, {"cropping": 1, "data_format": "channels_first"}, (2, 3, 4, 5)),
    (LAYERS.UpSampling2D, {"size": (2, 3)}, (2, 4, 5, 3)),
    (LAYERS.UpSampling2D, {"data_format": "channels_first"}, (2, 3, 4, 5)),
    (LAYERS.UpSampling3D, {}, (2, 2, 3, 2, 2)),
    (LAYERS.Rescaling, {"scale": 0.25, "offset": 1.0}, (2, 4, 5, 3)),
    (LAYERS.Rescaling, {"scale": [0.25, 0.5, 2.0]}, (2, 4, 5, 3)),
    (LayerScale, {"init_values": 0.1, "projection_dim": 3}, (2, 4, 5, 3)),
    (LAYERS.BatchNormalization, {}, (2, 4, 5, 3)),
    (LAYERS.BatchNormalization, {"axis": 1}, (2, 3, 4, 5)),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0].__name__}-{row[1]}")
def test_gradients_equal_tensorflows(row):
    layer, options, shape = row
    check_gradients(layer(**options, dtype="float64"), np.random.default_rng(3).normal(size=shape))


@pytest.mark.parametrize("layer", [LAYERS.MaxPooling3D, LAYERS.AveragePooling3D])
def test_gradients_of_pooled_volumes(layer):
    """TensorFlow pools volumes in float32 alone, so the slope of our own function must do."""
    ours = twin(layer(pool_size=2, dtype="float64"), (2, 4, 4, 5, 2))
    rng = np.random.default_rng(3)
    check_slopes(ours, rng.normal(size=(2, 4, 4, 5, 2)), rng.normal(size=(2, 2, 2, 2, 2)))


def test_gradients_of_a_scaled_branch():
    rng = np.random.default_rng(3)
    check_gradients(CustomScaleLayer(0.17, dtype="float64"), [rng.normal(size=(2, 4, 5, 3)) for _ in range(2)])


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
    ours = twin(layer(**options), x.shape)
    dx, _ = ours.learn(x)[1](dy)
    assert dx.dtype == np.float32
    np.testing.assert_allclose(dx, expected, rtol=0, atol=1e-6 * max(1, np.abs(expected).max()))


def test_the_way_back_through_areas_is_their_transpose():
    """TensorFlow has no gradient of this interpolation; that of a linear map f has <dy, f(x)> = <dx, x>."""
    layer, x = LAYERS.Resizing(5, 12, "area"), np.random.default_rng(3).normal(size=(3, 8, 7, 4)).astype(np.float32)
    y, backward = twin(layer, x.shape).learn(x)
    dy = np.random.default_rng(4).normal(size=y.shape).astype(np.float32)
    np.testing.assert_allclose(np.vdot(dy, y), np.vdot(backward(dy)[0], x), rtol=1e-5)


FILMS = [
    (LAYERS.ConvLSTM1D, {"kernel_size": 3, "strides": 2}, (2, 3, 7, 2)),
    (LAYERS.ConvLSTM1D, {"kernel_size": 2, "padding": "same", "return_sequences": True, "dilation_rate": 2}, (2, 3, 7, 2)),
    (LAYERS.ConvLSTM2D, {"kernel_size": 2, "return_sequences": True, "return_state": True}, (2, 3, 5, 4, 2)),
    (LAYERS.ConvLSTM2D, {"kernel_size": 3, "padding": "same", "use_bias": False, "go_backwards": True}, (2, 3, 5, 4, 2)),
    (LAYERS.ConvLSTM2D, {"kernel_size": 2, "recurrent_activation": "hard_sigmoid"}, (2, 3, 5, 4, 2)),
]  # fmt: skip
SHOWN = np.array([[True, False, True], [False, True, True]])


@pytest.mark.parametrize("mask", [None, SHOWN], ids=["all", "mask"])
@pytest.mark.parametrize("row", FILMS, ids=lambda row: f"{row[0].__name__}-{row[1]}")
def test_gradients_through_films(row, mask):
    layer, options, shape = row
    check_gradients(layer(3, **options, dtype="float64"), np.random.default_rng(3).normal(size=shape), mask=mask)


def test_gradients_of_the_first_state_of_a_film():
    layer = LAYERS.ConvLSTM2D(3, 2, return_state=True, dtype="float64")
    rng = np.random.default_rng(3)
    state = [rng.normal(size=(2, 4, 3, 3)) for _ in range(2)]
    check_gradients(layer, rng.normal(size=(2, 3, 5, 4, 2)), state=state)


DRAWN = [
    (LAYERS.ConvLSTM1D, {"dropout": 0.4}, (2, 3, 7, 2), (2, 6, 3)),
    (LAYERS.ConvLSTM2D, {"recurrent_dropout": 0.4}, (2, 3, 5, 4, 2), (2, 4, 3, 3)),
    (LAYERS.ConvLSTM2D, {"data_format": "channels_first"}, (2, 3, 2, 5, 4), (2, 3, 4, 3)),
    (LAYERS.ConvLSTM3D, {}, (2, 2, 3, 4, 3, 2), (2, 2, 3, 2, 3)),
]


@pytest.mark.parametrize("row", DRAWN, ids=lambda row: f"{row[0].__name__}-{row[1]}")
def test_slopes_through_films(row):
    """TensorFlow draws other numbers, and on the CPU knows neither channels first nor volumes in float64."""
    layer, options, shape, made = row
    ours = twin(layer(3, 2, **options, dtype="float64"), shape)
    rng = np.random.default_rng(3)
    check_slopes(ours, rng.normal(size=shape), rng.normal(size=made), rng=lambda: np.random.default_rng(11))
