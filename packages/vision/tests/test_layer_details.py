"""What layers over images do that no row of a table shows: channels first, open sizes, costs, refusals."""

import keras
import numpy as np
import pytest
from compare import TOLERANCE, check_model
from image_rows import CONVOLUTIONS, FIRST
from rows import opened

from core import InputError, UnsupportedLayerError
from core.files.dialects.options import modernize_options
from vision import layers as ours

LAYERS = keras.layers


@pytest.mark.parametrize("row", [row for row in CONVOLUTIONS if "softmax" not in row.options.values()], ids=str)
def test_channels_first_is_a_transposition(row):
    """Keras itself cannot run most convolutions with channels first on a CPU."""
    case = opened(row, "float32")
    last = case.ours.layers[0]
    first = type(last).from_config(row.options | FIRST)
    turned = np.moveaxis(case.x, -1, 1)
    first.build(turned.shape)
    for name, value in last.parameters.items():
        first.assign(name, value)
    y = first.forward(turned)
    assert first.compute_output_shape(turned.shape) == y.shape
    assert first.multiply_adds(turned.shape) == last.multiply_adds(case.x.shape)
    np.testing.assert_array_equal(np.moveaxis(y, 1, -1), last.forward(case.x))


def test_softmax_goes_along_the_last_axis_also_with_channels_first():
    layer = ours.Conv2D(4, 1, data_format="channels_first", activation="softmax", use_bias=False)
    layer.build((None, 3, 5, 6))
    layer.assign("kernel", np.ones((1, 1, 3, 4), dtype=np.float32))
    y = layer.forward(np.random.default_rng(0).normal(size=(2, 3, 5, 6)).astype(np.float32))
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-6)


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
