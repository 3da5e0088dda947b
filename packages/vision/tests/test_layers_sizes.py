"""Layers that change the size of images against Keras: whole numbers, and any size."""

import keras
import numpy as np
import pytest
from compare import TOLERANCE
from hypothesis import given, settings
from hypothesis import strategies as st
from image_rows import RESIZING

from vision import layers as ours
from vision.layers.resizing.interpolation import LARGEST_KEPT, _kept_weights
from vision.layers.resizing.resize import INTERPOLATIONS, resize

LAYERS = keras.layers
#: TensorFlow weighs parts of cells in float32, some of them with a fused multiply-add: the last bits of a difference of
#: two positions up to 40 are rounding, and up to 40 pixels are made of one.
AREA = 2 * 40 * float(np.finfo(np.float32).eps)

WHOLE = [row for row in RESIZING if row.layer is not LAYERS.UpSampling2D and "pad_to_aspect_ratio" not in row.options]


@pytest.mark.parametrize("dtype", ["uint8", "int32"])
@pytest.mark.parametrize("row", WHOLE, ids=str)
def test_whole_numbers_equal_keras(row, dtype):
    x = np.random.default_rng(0).integers(0, 256, size=row.inputs).astype(dtype)
    expected = np.asarray(row.layer(**row.options)(x))
    actual = getattr(ours, row.layer.__name__)(**row.options).forward(x)
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
