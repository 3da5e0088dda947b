"""Every layer over images and volumes against Keras: one row a layer, its options and the input."""

import keras
import numpy as np
import pytest
from parity import TOLERANCE, check_layer, check_model

from core import InputError, UnsupportedLayerError
from core.files.dialects.options import modernize_options
from vision import layers as ours

LAYERS = keras.layers
FIRST = {"data_format": "channels_first"}
IMAGES = (3, 8, 7, 4)

CONVOLUTIONS = [
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 3}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": (3, 2), "padding": "same", "activation": "relu"}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 4, 4, 4)),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 4, "strides": 2, "padding": "same"}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "strides": (2, 1), "use_bias": False}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "dilation_rate": (2, 3), "padding": "same"}, IMAGES),
    (LAYERS.Conv2D, {"filters": 6, "kernel_size": 3, "groups": 2, "padding": "same"}, IMAGES),
    (LAYERS.Conv2D, {"filters": 8, "kernel_size": 3, "groups": 4}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 1, "activation": "softmax"}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": 1, "strides": 3, "padding": "same"}, IMAGES),
    (LAYERS.Conv2D, {"filters": 5, "kernel_size": (8, 7)}, IMAGES),
    (LAYERS.DepthwiseConv2D, {"kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    (LAYERS.DepthwiseConv2D, {"kernel_size": (2, 3), "depth_multiplier": 3, "activation": "relu6"}, IMAGES),
    (LAYERS.DepthwiseConv2D, {"kernel_size": 3, "dilation_rate": 2, "padding": "same", "use_bias": False}, IMAGES),
    (LAYERS.DepthwiseConv2D, {"kernel_size": 3, "dilation_rate": 2, "strides": 2, "padding": "same"}, IMAGES),
    (LAYERS.SeparableConv2D, {"filters": 5, "kernel_size": 3, "padding": "same", "activation": "relu"}, IMAGES),
    (LAYERS.SeparableConv2D, {"filters": 5, "kernel_size": 2, "strides": 2, "depth_multiplier": 2}, IMAGES),
    (LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    (LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": (4, 3), "strides": (2, 3), "activation": "relu"}, IMAGES),
    (LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 2, "strides": 3, "use_bias": False}, IMAGES),
    (LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1}, IMAGES),
    (LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 3, "output_padding": (2, 0)}, IMAGES),
    (LAYERS.Conv3D, {"filters": 3, "kernel_size": 2, "padding": "same"}, (2, 5, 4, 6, 2)),
    (LAYERS.Conv3D, {"filters": 3, "kernel_size": (2, 1, 3), "strides": 2}, (2, 5, 4, 6, 2)),
    (LAYERS.Conv3DTranspose, {"filters": 3, "kernel_size": 2, "strides": 2}, (2, 3, 4, 3, 2)),
]  # fmt: skip

OTHERS = [
    (LAYERS.MaxPooling2D, {}, IMAGES),
    (LAYERS.MaxPooling2D, {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    (LAYERS.MaxPooling2D, {"pool_size": (2, 3), "strides": (1, 2), **FIRST}, IMAGES),
    (LAYERS.AveragePooling2D, {"pool_size": 3, "strides": 2, "padding": "same"}, IMAGES),
    (LAYERS.AveragePooling2D, {"pool_size": (3, 2), **FIRST}, IMAGES),
    (LAYERS.GlobalMaxPooling2D, {}, IMAGES),
    (LAYERS.GlobalMaxPooling2D, {"keepdims": True, **FIRST}, IMAGES),
    (LAYERS.GlobalMaxPooling3D, {}, (2, 3, 4, 3, 2)),
    (LAYERS.GlobalAveragePooling2D, {"keepdims": True}, IMAGES),
    (LAYERS.GlobalAveragePooling2D, FIRST, IMAGES),
    (LAYERS.GlobalAveragePooling3D, {}, (2, 3, 4, 3, 2)),
    (LAYERS.AdaptiveMaxPooling2D, {"output_size": (3, 5)}, IMAGES),
    (LAYERS.AdaptiveAveragePooling2D, {"output_size": 3, **FIRST}, IMAGES),
    (LAYERS.ZeroPadding2D, {}, IMAGES),
    (LAYERS.ZeroPadding2D, {"padding": (2, 1)}, IMAGES),
    (LAYERS.ZeroPadding2D, {"padding": ((0, 1), (2, 3)), **FIRST}, IMAGES),
    (LAYERS.ZeroPadding3D, {"padding": (1, 0, 2)}, (2, 3, 4, 3, 2)),
    (LAYERS.Cropping2D, {}, IMAGES),
    (LAYERS.Cropping2D, {"cropping": 1}, IMAGES),
    (LAYERS.Cropping2D, {"cropping": ((0, 2), (1, 0)), **FIRST}, (3, 4, 8, 7)),
    (LAYERS.Cropping3D, {}, (2, 3, 4, 3, 2)),
    (LAYERS.UpSampling2D, {}, IMAGES),
    (LAYERS.UpSampling2D, {"size": (2, 3), **FIRST}, IMAGES),
    (LAYERS.UpSampling3D, {"size": (1, 2, 3)}, (2, 3, 4, 3, 2)),
    (LAYERS.Rescaling, {"scale": 1 / 255}, IMAGES),
    (LAYERS.Rescaling, {"scale": 1 / 127.5, "offset": -1}, IMAGES),
    (LAYERS.Rescaling, {"scale": [0.1, 0.2, 0.3, 0.4], "offset": [1.0, 2.0, 3.0, 4.0]}, IMAGES),
    (LAYERS.Rescaling, {"scale": np.array([0.1, 0.2, 0.3, 0.4]), "offset": 0.5}, IMAGES),
]

#: TensorFlow has no float64 pooling of volumes.
SINGLE_ONLY = [
    (LAYERS.MaxPooling3D, {"pool_size": 2, "padding": "same"}, (2, 5, 4, 5, 2)),
    (LAYERS.AdaptiveMaxPooling3D, {"output_size": 2}, (2, 3, 4, 3, 2)),
    (LAYERS.AdaptiveAveragePooling3D, {"output_size": (2, 4, 1)}, (2, 3, 4, 3, 2)),
    (LAYERS.AveragePooling3D, {"pool_size": (2, 3, 2), "strides": 1, "padding": "same"}, (2, 5, 4, 5, 2)),
]


def row_name(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", CONVOLUTIONS + OTHERS, ids=row_name)
def test_forward_equals_keras(row, dtype):
    layer, options, shape = row
    check_layer(layer, options, shape, dtype=dtype)


@pytest.mark.parametrize("row", SINGLE_ONLY, ids=row_name)
def test_forward_equals_keras_in_single_precision(row):
    layer, options, shape = row
    check_layer(layer, options, shape)


@pytest.mark.parametrize(
    "row",
    [
        (LAYERS.Conv2D, {"filters": 5, "kernel_size": 3, "padding": "same", "activation": "relu"}, IMAGES),
        (LAYERS.DepthwiseConv2D, {"kernel_size": 3}, IMAGES),
        (LAYERS.SeparableConv2D, {"filters": 5, "kernel_size": 3}, IMAGES),
        (LAYERS.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "strides": 2}, IMAGES),
        (LAYERS.MaxPooling2D, {}, IMAGES),
        (LAYERS.GlobalAveragePooling2D, {}, IMAGES),
        (LAYERS.Rescaling, {"scale": 0.5}, IMAGES),
    ],
    ids=row_name,
)
def test_half_precision_equals_keras(row):
    layer, options, shape = row
    check_layer(layer, options, shape, dtype="float16")


@pytest.mark.parametrize("row", [row for row in CONVOLUTIONS if "softmax" not in row[1].values()], ids=row_name)
def test_channels_first_is_a_transposition(row):
    """Keras itself cannot run most convolutions with channels first on a CPU."""
    layer, options, shape = row
    last = check_layer(layer, options, shape).layers[0]
    first = type(last).from_config(options | FIRST)
    x = np.random.default_rng(5).normal(size=shape).astype(np.float32)
    turned = np.moveaxis(x, -1, 1)
    first.build(turned.shape)
    for name, value in last.parameters.items():
        first.assign(name, value)
    y = first.forward(turned)
    assert first.compute_output_shape(turned.shape) == y.shape
    assert first.multiply_adds(turned.shape) == last.multiply_adds(shape)
    np.testing.assert_array_equal(np.moveaxis(y, 1, -1), last.forward(x))


def test_softmax_goes_along_the_last_axis_also_with_channels_first():
    layer = ours.Conv2D(4, 1, data_format="channels_first", activation="softmax", use_bias=False)
    layer.build((None, 3, 5, 6))
    layer.assign("kernel", np.ones((1, 1, 3, 4), dtype=np.float32))
    y = layer.forward(np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype(np.float32))
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-6)


@pytest.mark.parametrize("interpolation", ["nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"])
@pytest.mark.parametrize("options", [{"size": (2, 3)}, {"size": 3, **FIRST}], ids=["last", "first"])
def test_up_sampling_interpolates_as_keras(interpolation, options):
    check_layer(LAYERS.UpSampling2D, {**options, "interpolation": interpolation}, IMAGES)


def test_size_of_images_may_stay_open():
    model = keras.Sequential(
        [keras.Input((None, None, 3)), LAYERS.Conv2D(4, 3, strides=2, padding="same"), LAYERS.GlobalAveragePooling2D()]
    )
    opened = check_model(model, np.random.default_rng(0).normal(size=(2, 7, 9, 3)).astype(np.float32))
    x = np.random.default_rng(1).normal(size=(2, 12, 5, 3)).astype(np.float32)
    np.testing.assert_allclose(opened.forward(x), np.asarray(model(x)), rtol=0, atol=3 * TOLERANCE["float32"])
    assert "?" in opened.summary()


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (ours.Conv2D(5, 3), (None, 8, 8, 4), 6 * 6 * 5 * 9 * 4),
        (ours.Conv2D(6, 3, padding="same", groups=2), (None, 8, 8, 4), 8 * 8 * 6 * 9 * 2),
        (ours.DepthwiseConv2D(3, depth_multiplier=2, padding="same"), (None, 8, 8, 4), 8 * 8 * 8 * 9),
        (ours.SeparableConv2D(5, 3, padding="same"), (None, 8, 8, 4), 8 * 8 * 4 * (9 + 5)),
        (ours.Conv2DTranspose(5, 3, strides=2), (None, 8, 8, 4), 8 * 8 * 9 * 4 * 5),
        (ours.MaxPooling2D(), (None, 8, 8, 4), 0),
        (ours.Conv3D(2, 2), (None, 3, 3, 3, 1), 8 * 2 * 8),
    ],
    ids=str,
)
def test_multiply_adds(layer, shape, expected):
    assert layer.multiply_adds(shape) == expected


def test_volumes_start_at_their_first_cell():
    """With "same" and strides over kernel + 1, TensorFlow's kernels for volumes skip cells on some processors; here none does."""
    layer = ours.MaxPooling3D(1, strides=(1, 1, 3), padding="same")
    x = np.arange(9, dtype=np.float32).reshape(1, 1, 1, 9, 1)
    layer.build(x.shape)
    np.testing.assert_array_equal(layer.forward(x).ravel(), [0, 3, 6])
    assert np.asarray(LAYERS.MaxPooling2D(1, (1, 3), "same")(x[0])).ravel().tolist() == [0, 3, 6]


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        (ours.Conv2D, {"filters": 0, "kernel_size": 3}, "filters must be an integer in"),
        (ours.Conv2D, {"filters": 5, "kernel_size": (3, 3, 3)}, "kernel_size must be one integer or 2"),
        (ours.Conv2D, {"filters": 5, "kernel_size": 0}, "kernel_size"),
        (ours.Conv2D, {"filters": 5, "kernel_size": 3, "padding": "causal"}, "padding must be one of 'valid', 'same'"),
        (ours.Conv2D, {"filters": 5, "kernel_size": 3, "padding": None}, "padding"),
        (ours.Conv2D, {"filters": 5, "kernel_size": 3, "groups": 2}, "cannot be cut in groups=2"),
        (ours.Conv2D, {"filters": 5, "kernel_size": 3, "data_format": "NHWC"}, "data_format must be one of"),
        (ours.Conv2D, {"filters": 5}, "kernel_size"),
        (ours.DepthwiseConv2D, {"kernel_size": 3, "groups": 2}, "groups=2"),
        (ours.Conv2DTranspose, {"filters": 5, "kernel_size": 3, "output_padding": 1}, "must be less than strides"),
        (ours.MaxPooling2D, {"strides": 0}, "strides must be an integer"),
        (ours.GlobalMaxPooling2D, {"keepdims": "yes"}, "keepdims must be true or false"),
        (ours.ZeroPadding2D, {"padding": (1, 2, 3)}, "padding must be a number, or 2"),
        (ours.Cropping2D, {"cropping": -1}, "cropping must be an integer in"),
        (ours.UpSampling2D, {"interpolation": "area52"}, "interpolation must be one of"),
        (ours.Rescaling, {"scale": "one"}, "scale must be a number"),
        (ours.Rescaling, {"scale": float("nan")}, "scale must hold finite numbers"),
        (ours.Resizing, {"height": 3, "width": 3, "fill_mode": "reflect"}, "fill_mode must be one of 'constant'"),
        (ours.Conv2D, {"filters": 5, "kernel_size": 3, "kernel_shape": 3}, "kernel_shape"),
    ],
)
def test_a_wrong_option_is_refused_by_name(layer, options, message):
    with pytest.raises(UnsupportedLayerError, match=message):
        layer.from_config({"name": "first", **options})


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (ours.Conv2D(5, 3, name="first"), (2, 8, 8, 4), "Conv2D 'first' expects an input with 3 values along axis -1"),
        (ours.Conv2D(5, 3, name="first"), (2, 8, 3), "Conv2D 'first' expects an input with 4 axes"),
        (ours.Conv2D(5, 3, name="first"), (2, 2, 8, 3), "Conv2D 'first': a window that reaches over 3 cells .* in 2"),
        (ours.MaxPooling2D(4, name="first"), (2, 8, 3, 3), "MaxPooling2D 'first': a window .* 4 cells .* in 3"),
        (ours.Cropping2D(2, name="first"), (2, 4, 9, 3), "Cropping2D 'first': cropping=.* leaves nothing"),
        (
            ours.SeparableConv2D(5, 3, name="first"),
            (2, 8, 8, 1),
            "SeparableConv2D 'first' expects an input with 3 values",
        ),
        (ours.RandomFlip(name="first"), (2, 4, 9), "RandomFlip 'first' expects an input with 4 axes"),
    ],
    ids=str,
)
def test_a_wrong_input_is_refused_by_name(layer, shape, message):
    layer.build((None, None, None, 3))
    with pytest.raises(InputError, match=message):
        layer.forward(np.zeros(shape, dtype=np.float32))


def test_a_model_whose_images_vanish_is_refused_when_it_is_built():
    layer = ours.Conv2D(5, 9)
    with pytest.raises(InputError, match="reaches over 9 cells does not fit in 8"):
        layer.compute_output_shape((None, 8, 8, 3))
    with pytest.raises(InputError, match="cannot be cut in groups=2"):
        ours.Conv2D(4, 3, groups=2).build((None, 8, 8, 3))
    with pytest.raises(InputError, match=r"scale has the shape \(2,\), which does not fit an input \(None, 8, 8, 3\)"):
        ours.Rescaling([1.0, 2.0]).compute_output_shape((None, 8, 8, 3))
    assert ours.Rescaling([1.0, 2.0]).compute_output_shape((None, None)) == (None, None)


def test_keras2_wrote_groups_into_depthwise_layers():
    entry = {"class_name": "DepthwiseConv2D", "config": {"kernel_size": 3, "groups": 1}}
    options = modernize_options("DepthwiseConv2D", entry)["config"]
    assert ours.DepthwiseConv2D.from_config(options).depth_multiplier == 1
