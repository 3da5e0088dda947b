"""Kept runs under attack of time: processes that are killed at any step, two at once, and others' folders on the same disk."""

import io
import json
import os
import signal
import subprocess
import sys
import time

import kept_words
import numpy as np
import pytest
from kept_words import KEY, fill, held
from rich.console import Console
from toy_task import ToyTask, config

from core.errors import KacaError
from core.experiment import cache, store
from core.experiment.cache import whole_folder
from core.experiment.errors import OptionError
from core.experiment.training.job import Job, run_job

TASK = ToyTask()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def leftovers(folder):
    return [path for path in folder.rglob(".*") if path.name.startswith((".part-", ".old-"))]


@pytest.mark.parametrize("when", ["after another", "the first time"])
def test_killed_at_any_step_leaves_the_old_run_or_the_new_one_and_never_half(folder, when):
    before = "first" if when == "after another" else None
    if before:
        store.keep(KEY, fill(before))
    done = subprocess.run([sys.executable, kept_words.__file__, "dying"], capture_output=True, text=True, check=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) > 20
    for step, status, found in lines:
        assert found in (before, f"step {step}")
        assert status == 9 or found == f"step {step}"
        before = found
    store.keep(KEY, fill("last"))
    assert held() == "last"
    assert leftovers(folder) == []


@pytest.fixture
def start():
    """Start a training in a process of its own that waits for a line before it ends."""
    started = []

    def begin(word):
        command = [sys.executable, kept_words.__file__, "waiting", word]
        started.append(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))
        return started[-1]

    yield begin
    for one in started:
        one.kill()
        one.communicate()


def test_a_training_that_is_killed_leaves_nothing_that_stays(folder, start):
    running = start("a")
    assert running.stdout.readline() == "now\n"
    assert len(leftovers(folder)) == 1
    store.keep(KEY, fill("b"))
    assert len(leftovers(folder)) == 1  # it is still under way
    running.send_signal(signal.SIGKILL)
    running.wait()
    store.keep(KEY, fill("c"))
    assert leftovers(folder) == []
    assert held() == "c"


def test_several_at_once_lose_nothing(folder, start):
    running = [start(str(number)) for number in range(4)]
    for one in running:
        assert one.stdout.readline() == "now\n"
    assert len(leftovers(folder)) == 4
    for one in running:
        one.stdin.write("\n")
        one.stdin.flush()
    assert [one.wait() for one in running] == [0] * 4
    assert held() in {"0", "1", "2", "3"}
    assert leftovers(folder) == []


def test_whoever_reads_the_old_run_goes_on_reading_it():
    old = store.keep(KEY, fill("old"))
    store.keep(KEY, fill("new"))
    assert (old.folder / "model.keras").read_text() == "old"
    for number in range(3):
        store.keep(KEY, fill(str(number)))
    assert not old.folder.exists()
    assert held() == "2"


@pytest.mark.parametrize("machine", ["0badcafe", "1"])
def test_what_another_machine_fills_is_left_alone_for_a_week(folder, machine):
    home = store.keep(KEY, fill("a")).folder.parent
    other = home / f".part-0-{machine}-0123456789ab"
    other.mkdir()
    store.keep(KEY, fill("b"))
    assert other.exists()
    week = time.time() - 8 * 24 * 3600
    os.utime(other, (week, week))
    store.keep(KEY, fill("c"))
    assert not other.exists()


@pytest.mark.parametrize("name", [*store.FILES, "run.json"])
@pytest.mark.parametrize("damage", ["absent", "shorter", "folder"])
def test_a_damaged_run_is_not_found(name, damage):
    run = store.keep(KEY, fill("word"))
    (run.folder / name).unlink()
    if damage == "shorter":
        (run.folder / name).write_text("w")
    elif damage == "folder":
        (run.folder / name).mkdir()
    assert store.find(KEY) is None
    assert store.keep(KEY, fill("again")) == store.find(KEY)


@pytest.mark.parametrize("facts", [b"", b"[]", b"{", b'{"key": 3}', b'{"key": {}}', b"[" * 100_000, b"\xff"])
def test_any_facts_are_no_run_or_one(facts):
    run = store.keep(KEY, fill("word"))
    (run.folder / "run.json").write_bytes(facts)
    assert store.find(KEY) is None


def test_a_run_of_an_older_kaca_is_found_and_replaced():
    home = store.keep(KEY, fill("new")).folder.parent
    for path in home.iterdir():
        path.rename(home.parent / "aside")
    for name in store.FILES:
        (home / name).write_text("old")
    (home / "run.json").write_text(json.dumps({"key": KEY, "epochs": 1, "date": "old"}))
    assert held() == "old"
    for number in range(3):
        store.keep(KEY, fill(str(number)))
    assert held() == "2"
    assert sorted(path.is_dir() for path in home.iterdir()) == [True, True]
    (home / "model.keras").write_text("half a run")
    assert held() == "2"


@pytest.mark.parametrize("name", store.FILES[1:])
def test_damaged_parts_of_a_run_are_one_error(name):
    run = store.keep(KEY, fill("word"))
    part = {
        "history.json": "history", "probabilities.npy": "probabilities", "activations.npz": "activations",
        "probabilities_float64.npy": "float64_probabilities",
    }[name]  # fmt: skip
    for content in (b"", b"PK\x03\x04", b"\x93NUMPY\x01\0v\0{'descr': 'O'}", os.urandom(100)):
        (run.folder / name).write_bytes(content)
        with pytest.raises(KacaError, match=name):
            getattr(run, part)


def test_modes_follow_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        with whole_folder(tmp_path / "a" / "target") as part:
            (part / "file").write_text("x")
    finally:
        os.umask(before)
    assert (tmp_path / "a" / "target").stat().st_mode & 0o777 == 0o750


def test_a_folder_that_another_process_made_meanwhile_stays(tmp_path):
    with whole_folder(tmp_path / "target") as part:
        (part / "file").write_text("second")
        with whole_folder(tmp_path / "target") as other:
            (other / "file").write_text("first")
    assert (tmp_path / "target" / "file").read_text() == "first"
    with whole_folder(tmp_path / "target") as part:
        (part / "file").write_text("third")
    assert (tmp_path / "target" / "file").read_text() == "third"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["target"]


def test_a_folder_that_was_set_aside_comes_back(tmp_path):
    (tmp_path / ".old-target-1").mkdir()
    (tmp_path / ".old-target-1" / "file").write_text("old")
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "target"):
        raise ZeroDivisionError
    assert (tmp_path / "target" / "file").read_text() == "old"


@pytest.mark.parametrize("kind", ["file", "no home", "loop", "zero byte"])
def test_a_cache_that_cannot_be_written_is_found_before_the_training(tmp_path, monkeypatch, kind):
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    if kind == "no home":
        for name in ("KACA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr("pwd.getpwuid", lambda user: {}[user])
    elif kind == "zero byte":
        monkeypatch.setattr(cache.os.environ, "get", lambda name, default=None: "a\0b")
    else:
        monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / kind))
    called = []
    with pytest.raises(OptionError, match="KACA_CACHE_DIR"):
        store.keep(KEY, lambda folder: called.append(folder) or {})
    assert called == []


def run(folder, values):
    return run_job(TASK, Job(values, {}, folder, None, "python -m toy.run"), Console(file=io.StringIO()))


def test_a_job_writes_through_no_link(tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    job = tmp_path / "0"
    job.mkdir()
    for name in ("result.json", "model.keras", "predictions.npz", "trace.json", "samples.json", "history.json"):
        (precious / name).write_text("mine")
        (job / name).symlink_to(precious / name)
    run(job, config())
    assert {path.read_text() for path in precious.iterdir()} == {"mine"}
    assert not [path for path in job.iterdir() if path.is_symlink()]
    (tmp_path / "1").symlink_to(precious)
    with pytest.raises(KacaError, match="is a link to"):
        run(tmp_path / "1", config())
    assert {path.read_text() for path in precious.iterdir()} == {"mine"}
    with np.load(job / "predictions.npz") as arrays:
        assert arrays["labels"].shape == (30,)
