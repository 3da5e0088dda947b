"""Where a system gives few threads or none, or does not tell its cores, the same work is done by those that there are."""

import os
import sys
import threading

import numpy as np
import pytest

import core
from core.kernels import blas, threads
from core.layers import Dense


@pytest.fixture
def afresh():
    """Forget what was learned about the machine, before the test and after it."""
    kept = [threads._pool, blas._controller]
    for function in kept:
        function.cache_clear()
    yield
    for function in kept:
        function.cache_clear()


@pytest.fixture
def limited(monkeypatch, afresh):
    """Let only so many threads start."""

    def limit(most):
        start, started = threading.Thread.start, []

        def begin(self):
            if len(started) >= most:
                raise RuntimeError("can't start new thread")
            started.append(self)
            start(self)

        monkeypatch.setattr(threading.Thread, "start", begin)
        return started

    return limit


@pytest.mark.parametrize("most", [0, 1, 2, 3, 100])
def test_each_part_is_done_once(limited, most):
    limited(most)
    done = []
    parts = [slice(start, start + 1) for start in range(50)]
    threads.each(done.append, parts, 4)
    assert sorted(done, key=lambda part: part.start) == parts


def test_the_first_error_is_raised_without_threads_too(limited):
    limited(0)
    with pytest.raises(ZeroDivisionError):
        threads.each(lambda part: 1 // part.start, [slice(0, 1), slice(1, 2)], 2)


@pytest.mark.parametrize("most", [0, 1, 100])
def test_predicting_and_learning(limited, most):
    model = core.Sequential([Dense(4, "relu"), Dense(3)], batch_shape=(None, 8, 2))
    model.initialize(seed=0)
    x = np.random.default_rng(0).normal(size=(40, 8, 2)).astype(np.float32)
    expected = model.forward(x)
    limited(most)
    for options in ({}, {"threads": 4, "batch_size": 3}):
        np.testing.assert_allclose(model.predict_proba(x, **options), expected, rtol=0, atol=1e-6)
    history = model.fit(x, expected, loss="mean_squared_error", epochs=1)
    assert np.isfinite(history["loss"]).all()


@pytest.mark.parametrize("count", [None, 3])
def test_cores_are_counted_where_the_system_tells(monkeypatch, count):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: count)
    assert threads.available_cores() == (count or 1)


def test_a_system_that_refuses_to_tell(monkeypatch):
    def refuse(process):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "sched_getaffinity", refuse, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 5)
    assert threads.available_cores() == 5


def test_libraries_that_cannot_be_listed(monkeypatch, afresh):
    class Broken:
        def __init__(self):
            raise OSError("no such table of libraries")

    monkeypatch.setitem(sys.modules, "threadpoolctl", type(sys)("threadpoolctl"))
    sys.modules["threadpoolctl"].ThreadpoolController = Broken
    blas.most_unpacked.cache_clear()
    with blas.one_thread_each():
        assert blas.most_unpacked() is None
    blas.most_unpacked.cache_clear()
