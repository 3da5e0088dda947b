"""Layers that change the size of images against Keras: resizing in every way that Keras has, and the centre crop."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parity import TOLERANCE, check_layer

from vision import layers as ours
from vision.layers.resizing.interpolation import LARGEST_KEPT, _kept_weights
from vision.layers.resizing.resize import INTERPOLATIONS, resize

LAYERS = keras.layers
FIRST = {"data_format": "channels_first"}
IMAGES = (3, 8, 7, 4)
#: TensorFlow weighs parts of cells in float32, some of them with a fused multiply-add: the last bits of a difference of
#: two positions up to 40 are rounding, and up to 40 pixels are made of one.
AREA = 2 * 40 * float(np.finfo(np.float32).eps)

ROWS = [
    (LAYERS.Resizing, {"height": 5, "width": 9}, IMAGES),
    (LAYERS.Resizing, {"height": 16, "width": 3, "interpolation": "nearest"}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 4, "antialias": True}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": "bicubic"}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": "bicubic", "antialias": True}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 12, "interpolation": "lanczos3"}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 9, **FIRST}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 9, "crop_to_aspect_ratio": True}, IMAGES),
    (LAYERS.Resizing, {"height": 9, "width": 4, "crop_to_aspect_ratio": True, "interpolation": "nearest"}, IMAGES),
    (LAYERS.Resizing, {"height": 5, "width": 9, "pad_to_aspect_ratio": True, "fill_value": 0.5}, IMAGES),
    (LAYERS.Resizing, {"height": 9, "width": 3, "pad_to_aspect_ratio": True}, IMAGES),
    (LAYERS.CenterCrop, {"height": 5, "width": 4}, IMAGES),
    (LAYERS.CenterCrop, {"height": 8, "width": 7}, IMAGES),
    (LAYERS.CenterCrop, {"height": 12, "width": 5}, IMAGES),
    (LAYERS.CenterCrop, {"height": 5, "width": 9}, IMAGES),
    (LAYERS.CenterCrop, {"height": 5, "width": 3, **FIRST}, IMAGES),
    (LAYERS.CenterCrop, {"height": 9, "width": 9, **FIRST}, IMAGES),
]


def row_name(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_forward_equals_keras(row):
    layer, options, shape = row
    check_layer(layer, options, shape)


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
@pytest.mark.parametrize("row", [row for row in ROWS if "pad_to_aspect_ratio" not in row[1]], ids=row_name)
def test_whole_numbers_equal_keras(row, dtype):
    layer, options, shape = row
    x = np.random.default_rng(0).integers(0, 256, size=shape).astype(dtype)
    expected = np.asarray(layer(**options)(x))
    actual = getattr(ours, layer.__name__)(**options).forward(x)
    assert actual.dtype == expected.dtype
    np.testing.assert_array_equal(actual, expected)


def test_whole_number_images_can_have_a_border():
    """Keras fails here: it multiplies whole numbers by a fill value that is none."""
    x = np.full((1, 2, 6, 1), 9, dtype=np.uint8)
    y = ours.Resizing(6, 6, "nearest", pad_to_aspect_ratio=True, fill_value=4).forward(x)
    assert y.dtype == np.uint8
    assert y[0, :, 0, 0].tolist() == [4, 4, 9, 9, 4, 4]


sizes = st.tuples(st.integers(1, 40), st.integers(1, 40))


@settings(deadline=None, max_examples=20)
@given(sizes, sizes, st.booleans())
@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_resize_equals_keras_for_any_size(interpolation, size, new_size, antialias):
    x = np.random.default_rng(0).uniform(size=(2, *size, 3)).astype(np.float32)
    options = {"interpolation": interpolation, "antialias": antialias, "data_format": "channels_last"}
    expected = np.asarray(keras.ops.image.resize(keras.ops.convert_to_tensor(x), new_size, **options))
    actual = resize(x, new_size, interpolation, antialias=antialias)
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(
        actual, expected, rtol=0, atol=AREA if interpolation == "area" else 2 * TOLERANCE["float32"]
    )


def test_only_a_few_matrices_are_kept():
    """A server resizes images of every size there is."""
    _kept_weights.cache_clear()
    for size in range(2, 50):
        resize(np.zeros((1, size, size, 1), np.float32), (3, 3), "bicubic")
    assert _kept_weights.cache_info().currsize == _kept_weights.cache_info().maxsize == 16
    _kept_weights.cache_clear()
    for _ in range(2):
        resize(np.zeros((1, LARGEST_KEPT + 1, 1, 1), np.float32), (1, 1), "area")
    assert _kept_weights.cache_info().currsize == 1  # that of the width


@settings(deadline=None, max_examples=30)
@given(sizes, sizes)
def test_resized_bytes_equal_keras_for_any_size(size, new_size):
    x = np.random.default_rng(0).integers(0, 256, size=(2, *size, 3)).astype(np.uint8)
    expected = np.asarray(LAYERS.Resizing(*new_size)(x))
    np.testing.assert_array_equal(ours.Resizing(*new_size).forward(x), expected)
