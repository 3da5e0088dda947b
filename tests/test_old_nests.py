"""Nests of models that Keras 1 and 2 saved, parts of them frozen: every file of each holds the same numbers."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

import core

ZIPS = sorted((Path(__file__).parent / "old_models").glob("nests-*.zip"))
ROWS = [
    (archive, name.removesuffix(".npz"))
    for archive in ZIPS
    for name in zipfile.ZipFile(archive).namelist()
    if name.endswith(".npz")
]


def zeroed(model: core.Model) -> core.Model:
    for _, layer in model.walk():
        layer.parameters = {key: np.zeros_like(value) for key, value in layer.parameters.items()}
    return model


def test_there_are_files_of_five_versions():
    assert len(ZIPS) == 5
    assert len(ROWS) == 25


@pytest.mark.parametrize(("archive", "index"), ROWS, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_every_file_holds_the_same_numbers(archive, index):
    with zipfile.ZipFile(archive) as opened:
        files = {name: opened.read(name) for name in opened.namelist() if name.startswith(f"{index}.")}
    with np.load(io.BytesIO(files.pop(f"{index}.npz"))) as arrays:
        x, expected = arrays["x"], arrays["y"]
    architecture = files.pop(f"{index}.json")
    tolerance = 1e-6 * max(1, np.abs(expected).max())

    def check(model: core.Model, what: str) -> None:
        np.testing.assert_allclose(model.forward(x), expected, rtol=0, atol=tolerance, err_msg=what)

    for name, data in files.items():
        whole = name.endswith((f"{index}.h5", ".keras"))
        if whole:
            check(core.load_model(data), name)
        check(core.load_model(architecture, weights=data), f"architecture and {name}")
        model = zeroed(core.load_model(files[f"{index}.h5"]))
        model.load_weights(data)
        check(model, f"{name} into a model")
