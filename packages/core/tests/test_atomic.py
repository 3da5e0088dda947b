"""A file is written whole or not at all, where and as the user would expect of any program that saves."""

import contextlib
import io
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time

import numpy as np
import pytest

import core
from core.files.atomic import writing
from core.layers import Dense

X = np.ones((2, 3), np.float32)


@pytest.fixture
def model():
    built = core.Sequential([Dense(2)], batch_shape=(None, 3))
    built.initialize(0)
    return built


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@contextlib.contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@pytest.mark.parametrize(("mask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664), (0, 0o666)])
def test_a_new_file_has_the_mode_of_the_umask(model, mask, mode, tmp_path):
    with umask(mask):
        model.save(tmp_path / "m.keras")
    assert stat.S_IMODE((tmp_path / "m.keras").stat().st_mode) == mode


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o666, 0o755])
def test_an_existing_file_keeps_its_mode(model, mode, tmp_path):
    path = tmp_path / "m.keras"
    path.write_bytes(b"old")
    path.chmod(mode)
    model.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert core.load_model(path).forward(X).shape == (2, 2)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("there", [False, True])
def test_a_link_is_followed(model, relative, there, tmp_path):
    (tmp_path / "store").mkdir()
    target, link = tmp_path / "store" / "real.keras", tmp_path / "m.keras"
    if there:
        target.write_bytes(b"old")
    link.symlink_to("store/real.keras" if relative else target)
    model.save(link)
    assert link.is_symlink()
    assert not target.is_symlink()
    assert core.load_model(target).forward(X).shape == (2, 2)
    assert names(tmp_path / "store") == ["real.keras"]


@pytest.mark.parametrize("letter", ["m", "é", "日"])
def test_a_name_may_take_all_255_bytes(model, letter, tmp_path):
    room = 255 - len(".keras")
    name = letter * (room // len(letter.encode())) + ".keras"
    model.save(tmp_path / name)
    assert names(tmp_path) == [name]


def test_home_is_understood(model, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    model.save("~/m.keras")
    model.save_weights("~/m.npz")
    assert names(tmp_path) == ["m.keras", "m.npz"]


def refused(folder):
    (folder / "folder.keras").mkdir()
    (folder / "loop.keras").symlink_to("loop.keras")
    (folder / "away.keras").symlink_to("nowhere/else.keras")
    os.mkfifo(folder / "pipe.keras")
    (folder / "file").write_bytes(b"")
    return [
        ("missing/m.keras", "does not exist"),
        ("file/m.keras", "does not exist"),
        ("folder.keras", "is a folder"),
        ("loop.keras", "leads back to itself"),
        ("away.keras", "does not exist"),
        ("pipe.keras", "a device or a pipe"),
        ("m" * 300 + ".keras", "too long"),
        ("zero\0byte.keras", "null"),
        ("m.h5", "written as .keras"),
        ("m", "written as .keras"),
        ("", "written as .keras"),
        (".keras", "written as .keras"),
    ]


def test_what_cannot_be_written_is_refused(model, tmp_path):
    rows = refused(tmp_path)
    before = names(tmp_path)
    for name, words in rows:
        with pytest.raises(core.KacaError, match=words):
            model.save(f"{tmp_path}/{name}")
        assert names(tmp_path) == before, name


@pytest.mark.parametrize("target", [None, 3, b"m.keras", io.StringIO(), ["m.keras"]])
def test_what_is_not_a_target(model, target):
    for write in (model.save, model.save_weights):
        with pytest.raises(core.InputError, match="expected a path or a file"):
            write(target)


def test_a_closed_file_or_one_for_reading(model, tmp_path):
    closed = io.BytesIO()
    closed.close()
    (tmp_path / "m.keras").write_bytes(b"old")
    with (tmp_path / "m.keras").open("rb") as reading:
        for target in (closed, reading):
            with pytest.raises(core.InputError, match="closed, or open for reading"):
                model.save(target)


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_what_may_not_be_written(model, tmp_path):
    path = tmp_path / "folder" / "m.keras"
    path.parent.mkdir()
    path.write_bytes(b"old")
    path.chmod(0o444)
    with pytest.raises(core.InputError, match="read-only"):
        model.save(path)
    path.parent.chmod(0o555)
    with pytest.raises(core.InputError, match="cannot be written"):
        model.save(path.with_name("n.keras"))
    path.parent.chmod(0o755)
    assert path.read_bytes() == b"old"


def test_open_files_receive_the_model(model, tmp_path):
    buffer = io.BytesIO()
    model.save(buffer)
    (tmp_path / "a.keras").write_bytes(buffer.getvalue())
    with (tmp_path / "b.keras").open("wb") as file:
        model.save(file)
    with (tmp_path / "w.weights.h5").open("wb") as file:
        model.save_weights(file)
    for name in ("a.keras", "b.keras"):
        np.testing.assert_array_equal(core.load_model(tmp_path / name).forward(X), model.forward(X))
    other = core.load_model(tmp_path / "a.keras")
    other.initialize(1)
    other.load_weights(tmp_path / "w.weights.h5")
    np.testing.assert_array_equal(other.forward(X), model.forward(X))


def test_a_pipe_takes_what_cannot_be_sought(model, tmp_path):
    with (
        (tmp_path / "m.keras").open("wb") as file,
        subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file) as cat,
    ):
        model.save(cat.stdin)
        cat.stdin.close()
    np.testing.assert_array_equal(core.load_model(tmp_path / "m.keras").forward(X), model.forward(X))


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_failure_leaves_the_old_file(error, tmp_path):
    path = tmp_path / "m.bin"
    path.write_bytes(b"old")
    expected = core.ModelFileError if isinstance(error, OSError) else error

    def write():
        with writing(path) as temporary:
            temporary.write_bytes(b"new")
            raise error

    with pytest.raises(expected):
        write()
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["m.bin"]


WRITER = """
    import sys, time
    from pathlib import Path
    from core.files.atomic import writing
    with writing(Path(sys.argv[1])) as temporary:
        temporary.write_bytes(b"half")
        print(temporary, flush=True)
        time.sleep(60)
"""


def start_writer(path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(WRITER), str(path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline().strip().endswith(".part")
    return process


def test_what_a_dead_process_left_is_removed_and_what_a_living_one_writes_is_not(model, tmp_path):
    dead, living = start_writer(tmp_path / "m.keras"), start_writer(tmp_path / "m.keras")
    try:
        dead.send_signal(signal.SIGKILL)
        dead.wait()
        (tmp_path / "notes.part").write_bytes(b"the user's")
        assert len(names(tmp_path)) == 3
        model.save(tmp_path / "m.keras")
        left = names(tmp_path)
        assert len(left) == 3
        assert left[1:] == ["m.keras", "notes.part"]
    finally:
        for process in (dead, living):
            process.kill()
            process.wait()
            process.stdout.close()
    model.save(tmp_path / "m.keras")
    assert names(tmp_path) == ["m.keras", "notes.part"]


@pytest.mark.parametrize(("age", "stays"), [(0, True), (3600, True), (48 * 3600, False)])
def test_what_another_machine_left_is_removed_after_a_day(model, age, stays, tmp_path):
    left = tmp_path / ".kaca-00000000-0123456789ab.part"
    left.write_bytes(b"half")
    os.utime(left, (time.time() - age,) * 2)
    model.save(tmp_path / "m.keras")
    assert left.exists() == stays


def test_a_link_in_disguise_is_not_followed(model, tmp_path):
    with writing(tmp_path / "m.bin") as temporary:
        name = temporary.name
    (tmp_path / "precious").write_bytes(b"the user's")
    (tmp_path / name).symlink_to("precious")
    model.save(tmp_path / "m.keras")
    assert (tmp_path / "precious").read_bytes() == b"the user's"
