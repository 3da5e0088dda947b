"""`python -m core.inspect` says what is in a file, whatever the file, and never ends in a stack trace."""

import json
import os
import zipfile
from pathlib import Path

import keras
import pytest

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
    with zipfile.ZipFile(saved) as old, zipfile.ZipFile(tmp_path / "bad.keras", "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename == "config.json":
                config = json.loads(data)
                for entry in config["config"]["layers"][1:]:
                    entry["class_name"] = "Lambda"
                data = json.dumps(config).encode()
            new.writestr(info.filename, data)
    assert main([str(tmp_path / "bad.keras")]) == 1
    text = capsys.readouterr().out
    assert text.count("Refused: ") == 2
    assert "bytecode" in text


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"\x89HDF\r\n\x1a\n", b"{}"])
def test_broken_files_are_described_too(tmp_path, content):
    path = tmp_path / "broken.keras"
    path.write_bytes(content)
    found = inspect(path)
    assert not found["opens"]
    assert found["why_not"]


@pytest.mark.skipif("KACA_DATA_DIR" not in os.environ, reason="needs the files of KACA_DATA_DIR")
def test_files_that_people_saved_are_described():
    for path in sorted((Path(os.environ["KACA_DATA_DIR"]) / "wild_models").iterdir()):
        assert inspect(path)["file"] == str(path)
