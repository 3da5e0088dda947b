"""The table of what opens: every real file gives Keras' numbers, and the README counts them as they are counted here."""

import os
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

import core
from core.inspect import inspect
from core.nests import leaves

README = Path(__file__).parents[1] / "README.md"
FOLDER = Path(os.environ.get("KACA_DATA_DIR", "")) / "wild_models"
FILES = (
    sorted(path for path in FOLDER.glob("*") if path.suffix in {".keras", ".h5", ".hdf5"}) if FOLDER.is_dir() else []
)
WHOLE = [path for path in FILES if ".weights." not in path.name]
ANSWERS = [path for path in WHOLE if path.with_name(f"{path.name}.answers.npz").is_file()]

pytestmark = pytest.mark.skipif(
    not FILES, reason="the environment variable KACA_DATA_DIR names no folder with wild_models"
)


def arrays(file, letter):
    names = sorted((name for name in file if re.fullmatch(rf"{letter}\d+", name)), key=lambda name: int(name[1:]))
    return [file[name] for name in names]


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.name)
@pytest.mark.parametrize("call", ["forward", "predict"])
def test_a_real_file_gives_the_numbers_of_keras(path, call):
    with np.load(path.with_name(f"{path.name}.answers.npz")) as answers:
        x, expected = arrays(answers, "x"), arrays(answers, "y")
    model = core.load_model(path)
    found = list(leaves(getattr(model, call)(x if len(x) > 1 else x[0])))
    assert [part.shape for part in found] == [part.shape for part in expected]
    for ours, theirs in zip(found, expected, strict=True):
        # float32 networks of many layers, in other versions of Keras and on other machines: 1e-5 of the largest output
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5 * np.abs(theirs).max())


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_a_whole_model_opens(path):
    assert core.load_model(path).layers


def test_the_readme_counts_them():
    """As many of each kind as the table says, all of which open."""
    text = README.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (`\S+` of Keras \d) \|.*\| (\d+) of (\d+) \|$", text, re.M)
    assert {kind: (int(opened), int(tried)) for kind, opened, tried in rows} == {
        kind: (count, count) for kind, count in Counter(map(kind_of, WHOLE)).items()
    }
    assert f"{len(WHOLE)} of them are whole models" in text
    assert f"For {len(ANSWERS)} of them" in text
    assert (
        f"| {len(FILES) - len(WHOLE)} of {len(FILES) - len(WHOLE)} |" in text
    )  # weights alone: `test_weights` opens them


def kind_of(path):
    """Return a file's row of the table; a `.keras` that is HDF5 inside counts as what it is."""
    found = inspect(path)
    return f"`.{'keras' if found['format'] == 'keras' else 'h5'}` of Keras {str(found['keras_version'])[0]}"
