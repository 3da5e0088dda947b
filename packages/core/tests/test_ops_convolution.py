"""The convolutions of core.ops against Keras' operations over random geometry, and against plain loops."""

import itertools
import tracemalloc

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core import InputError
from core.ops import convolution
from core.ops.convolution import convolve, convolve_transposed
from core.ops.depthwise_convolution import convolve_depthwise
from core.ops.padding import output_size, pad, padding_amounts, transposed_output_size
from core.ops.windows import Window

QUICK = settings(deadline=None, max_examples=40)
EXACT = {"rtol": 0, "atol": 1e-12}


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def by_loops(x, kernel, window, groups=1):
    """Apply the definition, one product at a time: an output is a sum over the cells of a window and its channels."""
    amounts = [
        padding_amounts(*axis, window.padding)
        for axis in zip(x.shape[1:-1], window.size, window.strides, window.dilation, strict=True)
    ]
    x = np.pad(x, [(0, 0), *amounts, (0, 0)])
    per_group, filters = kernel.shape[-2:]
    places = [
        (size - (kernel_size - 1) * dilation - 1) // stride + 1
        for size, kernel_size, stride, dilation in zip(
            x.shape[1:-1], window.size, window.strides, window.dilation, strict=True
        )
    ]
    y = np.zeros((len(x), *places, filters))
    for place in np.ndindex(*places):
        for cell in np.ndindex(*window.size):
            at = tuple(p * s + o * d for p, s, o, d in zip(place, window.strides, cell, window.dilation, strict=True))
            for b, f, c in itertools.product(range(len(x)), range(filters), range(per_group)):
                channel = f // (filters // groups) * per_group + c
                y[(b, *place, f)] += x[(b, *at, channel)] * kernel[(*cell, c, f)]
    return y


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "padding", "expected"),
    [
        (4, 3, 2, 1, "same", (0, 1)),
        (5, 3, 2, 1, "same", (1, 1)),
        (5, 2, 1, 1, "same", (0, 1)),
        (5, 4, 1, 1, "same", (1, 2)),
        (9, 1, 3, 1, "same", (0, 0)),
        (7, 3, 1, 4, "same", (4, 4)),
        (7, 3, 1, 2, "causal", (4, 0)),
        (7, 3, 2, 1, "valid", (0, 0)),
    ],
)
def test_padding_amounts(size, kernel, stride, dilation, padding, expected):
    assert padding_amounts(size, kernel, stride, dilation, padding) == expected
    padded = pad(np.zeros((1, size, 1)), (expected,))
    assert output_size(size, kernel, stride, dilation, padding) == output_size(
        padded.shape[1], kernel, stride, dilation, "valid"
    )


def test_a_window_must_fit():
    with pytest.raises(InputError, match="reaches over 5 cells does not fit in 4"):
        output_size(4, 3, 1, 2, "valid")


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(
    "window",
    [
        Window((3,), (2,), (1,), "same"),
        Window((2,), (1,), (3,), "causal"),
        Window((3, 2), (1, 2), (1, 1), "same"),
        Window((2, 3), (1, 1), (2, 1), "valid"),
        Window((2, 2), (2, 2), (2, 2), "same"),  # Keras refuses stride and dilation together; the definition does not
        Window((2, 1, 2), (1, 2, 1), (1, 1, 1), "same"),
    ],
    ids=str,
)
def test_convolution_is_its_definition(window, groups):
    x = random(2, *(5, 6, 4)[: window.rank], 4)
    kernel = random(*window.size, 4 // groups, 6)
    np.testing.assert_allclose(convolve(x, kernel, window, groups=groups), by_loops(x, kernel, window, groups), **EXACT)


def test_depthwise_is_one_group_for_each_channel():
    window = Window((3, 2), (2, 1), (1, 2), "same")
    x, kernel = random(2, 6, 7, 3), random(3, 2, 3, 2)
    grouped = by_loops(x, kernel.reshape(3, 2, 1, 6), window, groups=3)
    np.testing.assert_allclose(convolve_depthwise(x, kernel, window), grouped, **EXACT)
    np.testing.assert_allclose(convolve(x, kernel.reshape(3, 2, 1, 6), window, groups=3), grouped, **EXACT)


def test_transposed_is_the_transpose():
    """<conv(a), b> = <a, conv_transposed(b)> for all a, b: what makes it the way back of a convolution."""
    window = Window((3, 2), (2, 3), (1, 1), "same")
    a, kernel = random(1, 7, 8, 3), random(3, 2, 3, 4, seed=1)
    forward = convolve(a, kernel, window)
    b = random(*forward.shape, seed=2)
    back = convolve_transposed(b, kernel, window, a.shape[1:-1])
    np.testing.assert_allclose(np.sum(forward * b), np.sum(a * back), **EXACT)


geometries = st.fixed_dictionaries(
    {
        "size": st.tuples(st.integers(1, 12), st.integers(1, 12)),
        "kernel": st.tuples(st.integers(1, 5), st.integers(1, 5)),
        "stride": st.integers(1, 4),
        "dilation": st.integers(1, 3),
        "padding": st.sampled_from(["same", "valid"]),
        "channels": st.integers(1, 3),
        "filters": st.integers(1, 4),
    }
)


@QUICK
@given(geometries)
def test_convolution_equals_keras_for_any_geometry(geometry):
    stride = geometry["stride"] if geometry["dilation"] == 1 else 1  # Keras has one or the other
    window = Window(geometry["kernel"], (stride,) * 2, (geometry["dilation"],) * 2, geometry["padding"])
    try:
        window.output_sizes(geometry["size"])
    except InputError:
        return
    x = random(2, *geometry["size"], geometry["channels"])
    kernel = random(*window.size, geometry["channels"], geometry["filters"], seed=1)
    options = {"strides": stride, "padding": window.padding, "dilation_rate": geometry["dilation"]}
    expected = keras.ops.conv(keras.ops.convert_to_tensor(x), kernel, **options)
    np.testing.assert_allclose(convolve(x, kernel, window), np.asarray(expected), **EXACT)
    shared = random(*window.size, geometry["channels"], 2, seed=2)
    expected = keras.ops.depthwise_conv(keras.ops.convert_to_tensor(x), shared, **options)
    np.testing.assert_allclose(convolve_depthwise(x, shared, window), np.asarray(expected), **EXACT)


@QUICK
@given(geometries, st.sampled_from([None, 0, 1, 2]))
def test_transposed_convolution_equals_keras_for_any_geometry(geometry, output_padding):
    stride, kernel_size = geometry["stride"], geometry["kernel"]
    if output_padding is not None:
        output_padding = min(output_padding, stride - 1)
    window = Window(kernel_size, (stride,) * 2, (1, 1), geometry["padding"])
    try:
        sizes = tuple(
            transposed_output_size(size, wide, stride, 1, window.padding, output_padding)
            for size, wide in zip(geometry["size"], kernel_size, strict=True)
        )
    except InputError:
        return
    x = random(2, *geometry["size"], geometry["channels"])
    kernel = random(*kernel_size, geometry["filters"], geometry["channels"], seed=1)
    options = {"strides": stride, "padding": window.padding, "output_padding": output_padding}
    expected = keras.ops.conv_transpose(keras.ops.convert_to_tensor(x), kernel, **options)
    np.testing.assert_allclose(convolve_transposed(x, kernel, window, sizes), np.asarray(expected), **EXACT)


@pytest.mark.parametrize("block", [1, 1000, 10_000])
def test_blocks_do_not_change_the_result(block, monkeypatch):
    window = Window((3, 3), (1, 1), (1, 1), "same")
    x, kernel = random(5, 7, 6, 2), random(3, 3, 2, 4)
    whole = convolve(x, kernel, window)
    monkeypatch.setattr(convolution, "BLOCK_BYTES", block)
    np.testing.assert_allclose(convolve(x, kernel, window), whole, **EXACT)


def test_memory_stays_near_that_of_input_and_output():
    x, kernel = np.ones((1, 256, 256, 32), dtype=np.float32), np.ones((3, 3, 32, 32), dtype=np.float32)
    tracemalloc.start()
    convolve(x, kernel, Window((3, 3), (1, 1), (1, 1), "same"))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2 * x.nbytes + 3 * convolution.BLOCK_BYTES  # the padded input, the output, a few blocks; not 75 MB


def test_half_precision_is_summed_in_single():
    x, kernel = random(2, 9, 9, 40).astype(np.float16), random(3, 3, 40, 8).astype(np.float16)
    y = convolve(x, kernel, Window((3, 3), (1, 1), (1, 1)))
    exact = convolve(x.astype(np.float64), kernel.astype(np.float64), Window((3, 3), (1, 1), (1, 1)))
    assert y.dtype == np.float16
    np.testing.assert_allclose(y, exact, rtol=2**-10, atol=2**-9)  # one rounding to 11 bits, after sums in 24 bits


def test_whole_numbers_take_the_type_of_the_kernel():
    x, window = np.arange(24).reshape(1, 4, 6, 1), Window((2, 2), (1, 1), (1, 1))
    as_float = convolve(x, np.ones((2, 2, 1, 1), dtype=np.float32), window)
    assert as_float.dtype == np.float32
    as_integer = convolve(x, np.ones((2, 2, 1, 1), dtype=np.int64), window)
    assert as_integer.dtype == np.int64
    np.testing.assert_array_equal(as_float, as_integer)


def test_an_empty_batch_stays_empty():
    window = Window((3, 3), (2, 2), (1, 1), "same")
    assert convolve(np.zeros((0, 8, 8, 3)), np.zeros((3, 3, 3, 5)), window).shape == (0, 4, 4, 5)


@pytest.mark.parametrize("function", [convolve, convolve_depthwise])
def test_channels_must_fit(function):
    with pytest.raises(InputError, match="expects 3 channels"):
        function(np.zeros((1, 4, 4, 2)), np.zeros((1, 1, 3, 5)), Window((1, 1), (1, 1), (1, 1)))
