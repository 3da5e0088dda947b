"""Predicting: tiles, threads, inputs larger than memory, progress, and weights that change."""

from __future__ import annotations

import copy
import io
import threading

import keras
import numpy as np
import pytest
from compare import check_fast, kernels_of, randomize, reopen
from keras import layers

import core
from core.engine.progress import ProgressLine
from core.kernels.rows import cut


@pytest.fixture
def model():
    keras_model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(700, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(8),
            layers.Dense(4, activation="softmax"),
        ]
    )
    randomize(keras_model, np.random.default_rng(0))
    return reopen(keras_model)


def points(rows=23):
    return np.random.default_rng(1).normal(size=(rows, 6)).astype(np.float32)


def test_the_fast_form_equals_the_plain_one(model):
    check_fast(model, points())
    check_fast(model, points(1))
    assert model.predict_proba(points(0)).shape == (0, 4)
    assert model.predict_proba(points().tolist()).dtype == np.float32
    np.testing.assert_array_equal(model.predict_classes(points()), model.forward(points()).argmax(axis=1))


def test_rows_in_parts_of_one_size():
    assert list(cut(10, 4, 2)) == [slice(0, 2), slice(2, 5), slice(5, 7), slice(7, 10)]
    assert list(cut(3, 4, 2)) == [slice(0, 1), slice(1, 3)]
    assert list(cut(3, 4, 2, least=2)) == [slice(0, 3)]
    assert list(cut(4, 4, 2, least=2)) == [slice(0, 2), slice(2, 4)]
    assert list(cut(3, 1, 2)) == [slice(0, 1), slice(1, 2), slice(2, 3)]
    assert list(cut(1, 4, 2)) == [slice(0, 1)]
    assert list(cut(0, 4, 2)) == [slice(0, 0)]


def test_an_array_on_disk_and_an_iterator(model, tmp_path):
    np.save(tmp_path / "x.npy", points(500))
    on_disk = np.load(tmp_path / "x.npy", mmap_mode="r")
    expected = model.forward(points(500))
    np.testing.assert_allclose(model.predict_proba(on_disk, batch_size=64), expected, rtol=0, atol=1e-6)
    batches = (on_disk[start : start + 130] for start in range(0, 500, 130))
    np.testing.assert_allclose(model.predict_proba(batches), expected, rtol=0, atol=1e-6)
    with pytest.raises(core.InputError, match="without any batch"):
        model.predict_proba(iter([]))


def test_progress_is_told_and_written(model):
    told = []
    model.predict_proba(points(100), batch_size=10, progress=lambda done, rows: told.append((done, rows)))
    assert sorted(told)[-1] == (100, 100)
    assert len(told) == 10
    told.clear()
    model.predict_proba(iter([points(3), points(4)]), progress=lambda done, rows: told.append((done, rows)))
    assert told == [(3, None), (7, None)]


def test_the_line_of_progress():
    stream, seconds = io.StringIO(), iter([0.0, 0.01, 2.0, 2.05, 4.0])
    line = ProgressLine(stream, lambda: next(seconds))
    for done in (1, 500, 501, 1000):
        line(done, 1000)
    written = [text.strip() for text in stream.getvalue().split("\r")]
    assert written == ["", "500 of 1,000 rows, 2 s left", "1,000 of 1,000 rows, 0 s left"]
    assert stream.getvalue().endswith("\n")


def test_progress_true_writes_to_the_standard_error(model, capsys):
    model.predict(points(10), progress=True)
    assert "10 of 10 rows" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["batch_size", "threads"])
@pytest.mark.parametrize("value", [0, -1, 2.0, True, "2"])
def test_counts_must_be_whole_numbers(model, option, value):
    with pytest.raises(core.InputError, match=f"{option} must be a whole number from 1"):
        model.predict_proba(points(), **{option: value})


def test_a_row_with_nan_is_named_by_its_number_among_all(model):
    x = points(500)
    x[321, 2] = np.nan
    for options in ({}, {"batch_size": 50}, {"threads": 1, "batch_size": 7}):
        with pytest.raises(core.InputError, match="row 321 of the input holds NaN"):
            model.predict_proba(x, **options)
    assert model.predict_proba(points()).shape == (23, 4)  # and nothing is left behind


def test_weights_that_are_assigned_count(model):
    before = model.predict_proba(points())
    dense = model.layers[0]
    dense.assign("kernel", dense.kernel * 2)
    check_fast(model, points())
    assert np.abs(model.predict_proba(points()) - before).max() > 1e-3


def test_weights_cannot_be_changed_behind_the_fast_form(model):
    model.predict_proba(points())
    with pytest.raises(ValueError, match="read-only"):
        model.layers[0].kernel[0] = 1
    model.layers[0].kernel.flags.writeable = True
    model.layers[0].kernel[0] = 1
    check_fast(model, points())


def test_a_copy_of_a_model_stands_alone(model):
    expected = model.predict_proba(points())
    other = copy.deepcopy(model)
    other.layers[0].kernel[0] += 1
    assert np.abs(other.predict_proba(points()) - expected).max() > 1e-3
    np.testing.assert_array_equal(model.predict_proba(points()), expected)


def test_several_threads_share_a_model(model):
    x, found, errors = points(300), {}, []
    expected = model.forward(x)

    def work(number):
        try:
            for _ in range(20):
                found[number] = model.predict_proba(x[number:], batch_size=5 + number)
        except core.KacaError as error:
            errors.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert not errors
    for number, output in found.items():
        np.testing.assert_allclose(output, expected[number:], rtol=0, atol=1e-6)


def test_blas_has_its_threads_again(model):
    from threadpoolctl import threadpool_info

    def threads():
        return [pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"]

    before = threads()
    model.predict_proba(points(200), batch_size=10)
    assert threads() == before
    with pytest.raises(core.InputError):
        model.predict_proba(np.zeros((3, 5), np.float32))
    assert threads() == before


def test_rows_that_depend_on_each_other_stay_together():
    """As in Keras, a batch of 32 (or `batch_size`) is what an operation over the rows sees."""
    x = keras.Input((6,))
    y = layers.Dense(4)(x)
    model = reopen(keras.Model(x, y - keras.ops.mean(y, axis=0, keepdims=True)))
    x = points(70)
    expected = np.concatenate([model.forward(x[start : start + 32]) for start in range(0, 70, 32)])
    np.testing.assert_allclose(model.predict_proba(x), expected, rtol=0, atol=1e-6)
    expected = np.concatenate([model.forward(x[start : start + 50]) for start in range(0, 70, 50)])
    np.testing.assert_allclose(model.predict_proba(x, batch_size=50), expected, rtol=0, atol=1e-6)


def test_several_inputs_and_types():
    a, b = keras.Input((6,), name="a"), keras.Input((6,), name="b", dtype="int32")
    model = reopen(
        keras.Model([a, b], layers.Add()([layers.Dense(6)(a), layers.Dense(6)(keras.ops.cast(b, "float32"))]))
    )
    x = points(40)
    ids = np.arange(240, dtype=np.int32).reshape(40, 6)
    expected = model.forward([x, ids])
    for given in ([x, ids], {"a": x, "b": ids}):
        np.testing.assert_allclose(model.predict_proba(given, batch_size=7), expected, rtol=0, atol=1e-6 * 240)


@pytest.mark.parametrize("dtype", ["float64", "float16", "mixed_float16"])
def test_other_types_stay_plain(dtype):
    layer = layers.Dense(4, dtype=dtype)
    model = reopen(keras.Sequential([keras.Input((6,), dtype=layer.compute_dtype), layer]))
    np.testing.assert_array_equal(model.predict_proba(points(20)), model.forward(points(20)))
    assert {*kernels_of(model)} == {"plain"}


def test_several_outputs_are_refused():
    x = keras.Input((6,))
    model = reopen(keras.Model(x, [layers.Dense(2)(x), layers.Dense(3)(x)]))
    with pytest.raises(core.InputError, match="several outputs"):
        model.predict_proba(points())
