"""`python -m core.inspect` says what is in a file, whatever the file, and never ends in a stack trace."""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from packing import with_config

import core
from core.inspect import inspect, main


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "model.keras"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2)]).save(path)
    return path


def test_a_good_file(saved, capsys):
    assert main([str(saved)]) == 0
    text = capsys.readouterr().out
    assert "Keras 3." in text
    assert "first (Dense)" in text
    assert "Opens: yes" in text
    assert main([str(saved), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["parameters"] == 4 * 3 + 3 + 3 * 2 + 2
    assert [layer["multiply_adds"] for layer in found["layers"]] == [0, 12, 6]


def test_every_refused_layer_is_named(saved, tmp_path, capsys):
    def change(config):
        for entry in config["config"]["layers"][1:]:
            entry["class_name"] = "Lambda"

    with_config(saved, tmp_path / "bad.keras", change)
    assert main([str(tmp_path / "bad.keras")]) == 1
    text = capsys.readouterr().out
    assert text.count("Refused: ") == 2
    assert "bytecode" in text


@pytest.mark.parametrize("name", ["alone.weights.h5", "alone.npz"])
def test_weights_alone_are_described(saved, tmp_path, capsys, name):
    core.load_model(saved).save_weights(tmp_path / name)
    assert main([str(tmp_path / name)]) == 1
    text = capsys.readouterr().out
    assert "(4, 3)" in text
    assert f"Numbers: {4 * 3 + 3 + 3 * 2 + 2}" in text
    assert "load_weights" in text
    assert main([str(tmp_path / name), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert sorted(array["shape"] for array in found["arrays"]) == [[2], [3], [3, 2], [4, 3]]


def test_links_among_weights_are_shown_and_not_followed(tmp_path):
    with h5py.File(tmp_path / "links.weights.h5", "w") as root:
        root["layers/dense/vars/0"] = h5py.ExternalLink("/etc/passwd", "/")
        root["layers/dense/vars/1"] = np.zeros(3)
    found = inspect(tmp_path / "links.weights.h5")
    assert [array["refused"] is None for array in found["arrays"]] == [False, True]


def test_names_that_would_steer_the_terminal_are_shown_as_escapes(saved, tmp_path, capsys):
    path = with_config(saved, tmp_path / "steer.keras", lambda config: config["config"].update(name="a\x1b[2J\u202eb"))
    main([str(path)])
    text = capsys.readouterr().out
    assert "a\\x1b[2J\\u202eb" in text
    assert "\x1b" not in text


def test_warnings_are_part_of_the_answer(saved):
    model = core.load_model(saved)
    model.layers[0].kernel[0, 0] = np.inf
    model.save(saved)
    found = inspect(saved)
    assert found["opens"]
    assert "'kernel' holds infinity" in found["warnings"][0]


def test_missing_files_folders_and_devices(tmp_path):
    for path in (tmp_path, tmp_path / "missing", Path(os.devnull), Path("null\0byte")):
        assert inspect(path)["why_not"].startswith("ModelFileError")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x89HDF\r\n\x1a\n", b"{}"])
def test_broken_files_are_described_too(tmp_path, content):
    path = tmp_path / "broken.keras"
    path.write_bytes(content)
    found = inspect(path)
    assert not found["opens"]
    assert found["why_not"]


def test_no_stack_trace_on_the_command_line(saved, tmp_path):
    (tmp_path / "cut.keras").write_bytes(saved.read_bytes()[:900])
    paths = [saved, tmp_path / "cut.keras", tmp_path, tmp_path / "missing.h5"]
    for options in ([], ["--json"]):
        done = subprocess.run(
            [sys.executable, "-m", "core.inspect", *map(str, paths), *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.count("cut.keras") >= 1


@pytest.mark.skipif("KACA_DATA_DIR" not in os.environ, reason="needs the files of KACA_DATA_DIR")
def test_files_that_people_saved_are_described():
    for path in sorted((Path(os.environ["KACA_DATA_DIR"]) / "wild_models").iterdir()):
        assert inspect(path)["file"] == str(path)
