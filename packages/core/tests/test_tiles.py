"""What is done row by row on several cores is what is done at once."""

import numpy as np
import pytest

from core.kernels import threads, tiles
from core.ops.pooling import max_pool, max_pool_gradient
from core.ops.windows import Window

WINDOW = Window((3, 2), (2, 2), (1, 1), "same")


def pooled(x):
    return max_pool(x, WINDOW)


def pooled_back(x, y, dy):
    return max_pool_gradient(x, y, dy, WINDOW)


@pytest.mark.parametrize("cores", [1, 2, 5])
@pytest.mark.parametrize("tile_bytes", [1, 3_000, 2**22])
def test_rows_in_parts_are_rows_at_once(cores, tile_bytes, monkeypatch):
    monkeypatch.setattr(tiles, "available_cores", lambda: cores)
    monkeypatch.setattr(tiles, "LEAST_BYTES", 1)
    monkeypatch.setattr(tiles, "LONG_TILE_BYTES", tile_bytes)
    rng = np.random.default_rng(0)
    for dtype in (np.float32, np.float64):
        x = rng.normal(size=(7, 9, 8, 5)).astype(dtype)
        y = tiles.by_rows(pooled, x)
        np.testing.assert_array_equal(y, pooled(x))
        assert y.dtype == dtype
        dy = rng.normal(size=y.shape).astype(dtype)
        np.testing.assert_array_equal(tiles.by_rows(pooled_back, x, y, dy), pooled_back(x, y, dy))


def test_few_numbers_and_single_rows_of_numbers_are_done_at_once():
    seen = []
    tiles.by_rows(lambda x: seen.append(x.shape) or x, np.ones((8, 4), np.float32))
    tiles.by_rows(lambda x: seen.append(x.shape) or x, np.ones(2**21, np.float32))
    assert seen == [(8, 4), (2**21,)]


def test_many_numbers_are_done_in_parts_and_infinities_are_values():
    seen = []
    x = np.full((64, 2**15), np.inf, np.float32)

    def difference(x):
        seen.append(len(x))
        return x - x

    assert np.isnan(tiles.by_rows(difference, x)).all()
    assert sum(seen) == len(x)
    assert len(seen) > 1


def test_an_error_in_a_part_reaches_the_caller():
    def fail(x):
        raise ValueError(f"{len(x)} rows")

    with pytest.raises(ValueError, match="rows"):
        tiles.by_rows(fail, np.ones((64, 2**15), np.float32))


def test_a_thread_of_ours_does_the_rest_by_itself(monkeypatch):
    monkeypatch.setattr(tiles, "available_cores", lambda: 2)
    x, seen = np.ones((64, 2**15), np.float32), []
    parts = [slice(0, 1), slice(1, 2), slice(2, 3), slice(3, 4)]
    threads.each(lambda _: seen.append(tiles.by_rows(np.negative, x)), parts, 2)  # they would wait for each other
    assert len(seen) == 4
    assert all((y == -1).all() for y in seen)
