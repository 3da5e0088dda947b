"""The pooling functions of core.ops against Keras' operations over random geometry."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import InputError
from core.ops.pooling import adaptive_pool, average_pool, max_pool
from core.ops.windows import Window

QUICK = settings(deadline=None, max_examples=40)
EXACT = {"rtol": 0, "atol": 1e-12}


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@QUICK
@given(
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.tuples(st.integers(1, 5), st.integers(1, 5)),
    st.tuples(st.integers(1, 4), st.integers(1, 4)),
    st.sampled_from(["same", "valid"]),
)
def test_pooling_equals_keras_for_any_geometry(size, pool, strides, padding):
    window = Window(pool, strides, (1, 1), padding)
    try:
        window.output_sizes(size)
    except InputError:
        return
    x = random(2, *size, 3)
    tensor = keras.ops.convert_to_tensor(x)
    expected = np.asarray(keras.ops.max_pool(tensor, pool, strides, padding))
    np.testing.assert_array_equal(max_pool(x, window), expected)
    expected = np.asarray(keras.ops.average_pool(tensor, pool, strides, padding))
    np.testing.assert_allclose(average_pool(x, window), expected, **EXACT)


@QUICK
@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_adaptive_pooling_equals_keras(size, parts):
    x = random(2, *size, 3)
    tensor = keras.ops.convert_to_tensor(x)
    expected = np.asarray(keras.ops.adaptive_max_pool(tensor, parts, data_format="channels_last"))
    np.testing.assert_array_equal(adaptive_pool(x, parts, np.max), expected)
    expected = np.asarray(keras.ops.adaptive_average_pool(tensor, parts, data_format="channels_last"))
    np.testing.assert_allclose(adaptive_pool(x, parts, np.mean), expected, **EXACT)


def test_average_divides_by_the_cells_that_are_there():
    y = average_pool(np.ones((1, 3, 1)), Window((3,), (1,), (1,), "same"))
    np.testing.assert_array_equal(y, np.ones((1, 3, 1)))


def test_padding_is_below_every_number():
    x = np.full((1, 3, 1), -5.0)
    np.testing.assert_array_equal(max_pool(x, Window((3,), (1,), (1,), "same")), x)
    whole = np.full((1, 3, 1), -128, dtype=np.int8)
    np.testing.assert_array_equal(max_pool(whole, Window((3,), (1,), (1,), "same")), whole)


@pytest.mark.parametrize("pool", [max_pool, average_pool])
def test_not_a_number_stays_visible(pool):
    x = np.array([[[1.0], [np.nan], [2.0], [3.0]]])
    np.testing.assert_array_equal(np.isnan(pool(x, Window((2,), (2,), (1,)))), [[[True], [False]]])


def test_half_precision_keeps_its_type():
    x = random(2, 9, 4).astype(np.float16)
    y = average_pool(x, Window((3,), (1,), (1,), "same"))
    assert y.dtype == np.float16
    exact = average_pool(x.astype(np.float64), Window((3,), (1,), (1,), "same"))
    np.testing.assert_allclose(y, exact, rtol=2**-10, atol=2**-12)  # one rounding to 11 bits
