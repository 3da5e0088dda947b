"""Kept runs: found by what determines them and by nothing else, and never half there."""

from dataclasses import replace

import numpy as np
import pytest
from toy_task import ToyTask, config

from core.experiment import store
from core.experiment.cache import cache_folder
from core.experiment.command.options import read_settings
from core.experiment.data.fingerprint import fingerprint, fingerprint_of_record
from core.experiment.task import Split

TASK = ToyTask()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def key(seed=0, dataset=None, **sections):
    settings = read_settings(TASK, config(seed=seed, **sections))
    return store.key_of(TASK, settings, dataset or TASK.load_data(settings))


def test_a_run_is_found_again_by_its_key_alone():
    assert store.find(key()) is None
    kept = store.keep(key(), lambda folder: {"epochs": 2})
    found = store.find(key())
    assert found == kept
    assert found.facts.epochs == 2
    assert found.facts.key["model"] == {"units": 8}


def other_data():
    dataset = TASK.load_data(None)
    labels = dataset.test.labels.copy()
    labels[0] = (labels[0] + 1) % 3
    return replace(dataset, test=Split(dataset.test.inputs, labels))


@pytest.mark.parametrize(
    "other",
    [
        lambda: key(seed=1),
        lambda: key(model={"units": 9}),
        lambda: key(train={"epochs": 3}),
        lambda: key(dataset=other_data()),
        lambda: {**key(), "keras": "3.0.0"},
        lambda: {**key(), "recipe": 2},
    ],
    ids=["seed", "model", "training", "data", "version", "recipe"],
)
def test_whatever_determines_a_run_changes_its_key(other):
    store.keep(key(), lambda folder: {})
    assert store.find(other()) is None


def test_training_anew_takes_the_place_of_the_old_run():
    for epochs in (1, 2):
        store.keep(key(), lambda folder, epochs=epochs: {"epochs": epochs})
    assert store.find(key()).facts.epochs == 2


def test_a_training_that_fails_leaves_nothing(cache):
    def fail(folder):
        (folder / "model.keras").write_bytes(b"half a model")
        raise ArithmeticError

    with pytest.raises(ArithmeticError):
        store.keep(key(), fail)
    assert store.find(key()) is None
    assert not [path for path in cache.rglob("*") if path.is_file()]


def test_the_cache_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.delenv("KACA_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "kaca"
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / "own"))
    assert cache_folder() == tmp_path / "own"


def test_fingerprints_tell_contents_types_and_order_apart():
    numbers = np.arange(6, dtype=np.int64)
    words = np.array(["satu", "dua"], dtype=object)
    prints = [
        fingerprint(numbers),
        fingerprint(numbers.astype(np.int32)),
        fingerprint(numbers.reshape(2, 3)),
        fingerprint(numbers[::-1]),
        fingerprint(numbers, words),
        fingerprint(words, numbers),
        fingerprint(words),
        fingerprint(np.array(["satu dua"], dtype=object)),
    ]
    assert len(set(prints)) == len(prints)
    assert fingerprint(words) == fingerprint(words.astype(str))
    assert fingerprint_of_record({"a": 1, "b": 2}) == fingerprint_of_record({"b": 2, "a": 1})
