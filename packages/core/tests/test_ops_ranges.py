"""Windows that are large, parts that are many, and taps that only see padding: the same numbers as cell by cell."""

import numpy as np
import pytest

from core.ops import convolution, depthwise_convolution, pooling, windows
from core.ops.windows import Window

TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12, np.int32: 1e-12}


def drawn(rng, padding):
    """A window of one to three axes, and sizes that it fits."""
    rank = int(rng.integers(1, 4))
    sizes = tuple(map(int, rng.integers(1, 12, rank)))
    kernel = tuple(int(rng.integers(1, (1 if padding == "valid" else 3) * size + 1)) for size in sizes)
    return Window(kernel, tuple(map(int, rng.integers(1, 5, rank))), (1,) * rank, padding), sizes


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("seed", range(8))
def test_pooling_by_ranges(monkeypatch, seed, padding, dtype):
    rng = np.random.default_rng(seed)
    window, sizes = drawn(rng, padding)
    x = (10 * rng.normal(size=(2, *sizes, 3))).astype(dtype)
    parts = tuple(map(int, rng.integers(1, 20, len(sizes))))
    found = []
    for most in (10**9, 0):
        monkeypatch.setattr(pooling, "MOST_TAPS", most)
        monkeypatch.setattr(pooling, "_MOST_PARTS", most)
        pooled = [pooling.max_pool(x, window), pooling.average_pool(x, window)]
        found.append(pooled + [pooling.adaptive_pool(x, parts, reduce) for reduce in (np.max, np.mean)])
    for number, (cells, ranges) in enumerate(zip(*found, strict=True)):
        assert cells.dtype == ranges.dtype
        if dtype is np.int32 and number == 1:  # the mean is cut to a whole number, and may stand next to one
            assert np.abs(cells - ranges).max() <= 1
        else:
            np.testing.assert_allclose(ranges, cells, rtol=0, atol=0 if number in {0, 2} else TOLERANCE[dtype])


@pytest.mark.parametrize("padding", ["same", "causal"])
@pytest.mark.parametrize("seed", range(12))
def test_taps_that_see_nothing_are_left_out(monkeypatch, seed, padding):
    rng = np.random.default_rng(seed)
    rank = 1 if padding == "causal" else int(rng.integers(1, 3))
    sizes, kernel, dilation, strides = (tuple(map(int, rng.integers(1, most, rank))) for most in (9, 5, 12, 4))
    window = Window(kernel, strides, dilation, padding)
    x, groups = rng.normal(size=(2, *sizes, 4)), int(rng.choice([1, 2]))
    weights, depthwise = rng.normal(size=(*kernel, 4 // groups, 6)), rng.normal(size=(*kernel, 4, 2))
    padded = (
        convolution.convolve(x, weights, window, groups=groups),
        depthwise_convolution.convolve_depthwise(x, depthwise, window),
    )
    for module in (convolution, depthwise_convolution):
        monkeypatch.setattr(module, "is_far", lambda sizes, window: window.padding != "valid")
    near = (
        convolution.convolve(x, weights, window, groups=groups),
        depthwise_convolution.convolve_depthwise(x, depthwise, window),
    )
    for one, other in zip(padded, near, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-12)


def test_a_dilation_beyond_the_input_leaves_the_middle_tap():
    x = np.random.default_rng(0).normal(size=(1, 8, 1)).astype(np.float32)
    for padding in ("same", "causal"):
        window = Window((3,), (1,), (10**9,), padding)
        assert windows.is_far((8,), window)
        np.testing.assert_array_equal(convolution.convolve(x, np.ones((3, 1, 1), np.float32), window), x)
