"""The convolutions of a training step give what their definitions give."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.kernels import kernel_gradient, tiled_convolution, tiles
from core.kernels.workspace import Workspace
from core.ops import convolution
from core.ops.windows import Window

TOLERANCE = 2e-6  # relative to the largest number; sums of up to a few thousand terms in another order


def close(fast, plain):
    assert fast.shape == plain.shape
    assert fast.dtype == plain.dtype == np.float32
    np.testing.assert_allclose(fast, plain, rtol=0, atol=TOLERANCE * max(1.0, float(np.abs(plain).max())))


@st.composite
def cases(draw):
    size = (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    strides = (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    dilation = (1, 1) if strides != (1, 1) else (draw(st.integers(1, 2)), draw(st.integers(1, 2)))
    window = Window(size, strides, dilation, draw(st.sampled_from(["same", "valid"])))
    batch, channels, filters = draw(st.integers(1, 7)), draw(st.sampled_from([1, 3, 8, 12])), draw(st.integers(1, 9))
    height, width = draw(st.integers(9, 13)), draw(st.integers(9, 13))
    return window, (batch, height, width, channels), filters


@given(cases(), st.sampled_from([1, 10_000, 2**20]), st.integers(0, 100))
@settings(deadline=None, max_examples=120)
def test_all_three_ways_equal_their_definitions(case, tile_bytes, seed):
    window, shape, filters = case
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape).astype(np.float32)
    kernel = rng.normal(size=(*window.size, shape[-1], filters)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tiles, "TILE_BYTES", tile_bytes)
        y = tiled_convolution.convolve(x, kernel, window)
        close(y, convolution.convolve(x, kernel, window))
        dy = rng.normal(size=y.shape).astype(np.float32)
        plain = convolution.input_gradient(dy, kernel, window, x.shape[1:-1])
        close(tiled_convolution.input_gradient(dy, kernel, window, x.shape[1:-1]), plain)
        close(tiled_convolution.kernel_gradient(x, dy, window), convolution.kernel_gradient(x, dy, window))


@pytest.mark.parametrize("cores", [1, 2, 3, 64])
def test_any_number_of_cores_gives_the_same(cores, monkeypatch):
    for module in (tiles, kernel_gradient):
        monkeypatch.setattr(module, "available_cores", lambda: cores)
    rng, window = np.random.default_rng(0), Window((3, 3), (1, 1), (1, 1), "same")
    x, dy = (rng.normal(size=(10, 8, 8, channels)).astype(np.float32) for channels in (16, 8))
    kernel = rng.normal(size=(3, 3, 16, 8)).astype(np.float32)
    close(tiled_convolution.convolve(x, kernel, window), convolution.convolve(x, kernel, window))
    close(tiled_convolution.kernel_gradient(x, dy, window), convolution.kernel_gradient(x, dy, window))


def test_an_error_in_a_thread_reaches_the_caller(monkeypatch):
    def fail(*_):
        raise RuntimeError("no buffers")

    monkeypatch.setattr(Workspace, "take", fail)
    with pytest.raises(RuntimeError, match="no buffers"):
        tiled_convolution.convolve(
            np.ones((4, 8, 8, 8), np.float32), np.ones((3, 3, 8, 8), np.float32), Window((3, 3), (1, 1), (1, 1), "same")
        )


def test_cleared_memory_is_used_again():
    workspace = Workspace()
    kept, taken = workspace.keep((3, 4)), workspace.take((10,))
    kept.fill(7)
    before = workspace.bytes
    workspace.clear()
    assert workspace.keep((3, 4)) is kept
    assert not kept.any()
    assert np.shares_memory(workspace.take((2, 5)), taken)
    assert workspace.bytes == before
