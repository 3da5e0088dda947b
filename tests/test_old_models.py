"""Files that older Kerases really wrote open, and give the numbers that those Kerases gave."""

import io
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

import core

ZIPS = sorted((Path(__file__).parent / "old_models").glob("keras-*.zip"))
ROWS = [
    (archive, name)
    for archive in ZIPS
    for name in zipfile.ZipFile(archive).namelist()
    if name.endswith((".keras", ".h5"))
]


def extract(archive: Path, name: str, folder: Path) -> Path:
    path = folder / name
    path.write_bytes(zipfile.ZipFile(archive).read(name))
    return path


def answers(archive: Path, name: str):
    with np.load(io.BytesIO(zipfile.ZipFile(archive).read(f"{name.split('.', maxsplit=1)[0]}.npz"))) as arrays:
        x = [arrays[key] for key in sorted(arrays) if key.startswith("x")]
        y = [arrays[key] for key in sorted(arrays) if key.startswith("y")]
    return x if len(x) > 1 else x[0], y


def check(model: core.Model, archive: Path, name: str):
    x, expected = answers(archive, name)
    actual = model.forward(x)
    for ours, theirs in zip(actual if len(expected) > 1 else [actual], expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6 * max(1, np.abs(theirs).max()))


@pytest.mark.parametrize(
    ("archive", "name"),
    [row for row in ROWS if not row[1].endswith(".weights.h5")],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_a_whole_model(archive, name, tmp_path):
    check(core.load_model(extract(archive, name, tmp_path)), archive, name)


@pytest.mark.parametrize(
    ("archive", "name"),
    [row for row in ROWS if row[1].endswith(".weights.h5")],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_weights_into_a_model(archive, name, tmp_path):
    model = core.load_model(extract(archive, name.replace(".weights.h5", ".keras"), tmp_path))
    for _, layer in model.walk():
        layer.parameters = {key: np.zeros_like(value) for key, value in layer.parameters.items()}
    model.load_weights(extract(archive, name, tmp_path))
    check(model, archive, name)


@pytest.mark.parametrize(
    ("archive", "name"),
    [row for row in ROWS if not row[1].endswith(".weights.h5")],
    ids=lambda value: value if isinstance(value, str) else value.stem,
)
def test_what_we_write_of_them_opens_in_the_keras_of_today(archive, name, tmp_path):
    core.load_model(extract(archive, name, tmp_path)).save(tmp_path / "copy.keras")
    copy = keras.models.load_model(tmp_path / "copy.keras", compile=False)
    x, expected = answers(archive, name)
    for ours, theirs in zip(keras.tree.flatten(copy(x)), expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_there_are_files_of_five_kerases():
    assert len(ZIPS) == 5
    assert len(ROWS) >= 55
