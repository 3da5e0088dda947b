"""Without any extra installed, a saved model opens and predicts, and nothing heavy is imported on the way."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parent / "models"
HEAVY = [
    "tensorflow",
    "keras",
    "hydra",
    "pandas",
    "sklearn",
    "scipy",
    "matplotlib",
    "jinja2",
    "rich",
    "datasets",
    "omegaconf",
    "h5py",
]
SENTENCES = ["kopi ini enak sekali", "pelayanan lambat dan mahal", "biasa saja", "", "tidak dikenal kopi"]


@pytest.mark.parametrize("name", HEAVY)
def test_the_extras_are_not_installed(name):
    assert importlib.util.find_spec(name) is None


@pytest.mark.parametrize("kind", ["images", "sentences"])
def test_a_saved_model_opens_and_gives_keras_numbers(kind):
    import core

    with np.load(FOLDER / "answers.npz") as answers:
        x = answers["pixels"] if kind == "images" else SENTENCES
        model = core.load_model(FOLDER / f"{kind}.keras")
        np.testing.assert_allclose(model.predict_proba(x), answers[kind], rtol=0, atol=1e-6)
        np.testing.assert_array_equal(model.predict_classes(x), answers[kind].argmax(-1))


def test_nothing_heavy_is_imported():
    program = f"""
import sys, json
import core, vision, text
core.load_model({str(FOLDER / "images.keras")!r}).summary()
core.load_model({str(FOLDER / "sentences.keras")!r}).predict(["enak"])
text.LSTMFromScratch().load_keras_model({str(FOLDER / "sentences.keras")!r})
vision.CNNFromScratch().load_keras_model({str(FOLDER / "images.keras")!r})
print(json.dumps(sorted(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not {*HEAVY, "h5py"} & set(json.loads(done.stdout))


@pytest.mark.parametrize("kind", ["images", "sentences"])
def test_models_and_weights_are_written_without_h5py(kind, tmp_path):
    program = f"""
import sys
sys.modules["h5py"] = None
import core
model = core.load_model({str(FOLDER / f"{kind}.keras")!r})
model.save({str(tmp_path / "copy.keras")!r})
model.save_weights({str(tmp_path / "copy.weights.h5")!r})
copy = core.load_model({str(tmp_path / "copy.keras")!r})
copy.load_weights({str(tmp_path / "copy.weights.h5")!r})
"""
    subprocess.run([sys.executable, "-c", program], check=True)
    import core

    with np.load(FOLDER / "answers.npz") as answers:
        x = answers["pixels"] if kind == "images" else SENTENCES
        np.testing.assert_allclose(
            core.load_model(tmp_path / "copy.keras").forward(x), answers[kind], rtol=0, atol=1e-6
        )


def test_predict_commands_work(tmp_path):
    from PIL import Image

    Image.fromarray(np.full((20, 30, 3), 99, dtype=np.uint8)).save(tmp_path / "picture.png")
    picture = ["vision.predict", str(FOLDER / "images.keras"), str(tmp_path / "picture.png"), "--json"]
    sentence = ["text.predict", str(FOLDER / "sentences.keras"), "kopi enak", "--json"]
    for module, *arguments in (picture, sentence):
        done = subprocess.run([sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout)


@pytest.mark.parametrize(("version", "word"), [((3, 13, 0), "pip install"), ((3, 14, 1), "Python 3.11 to 3.13")])
def test_the_cure_fits_the_python(version, word):
    from core.experiment.command.extras import _cure

    assert word in _cure("kaca-vision", version)
    assert "kaca-vision[experiment]" in _cure("kaca-vision", version)


def test_commands_that_need_extras_say_which():
    for module in ("vision.run", "text.run"):
        done = subprocess.run([sys.executable, "-m", module], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert "experiment" in done.stderr
        assert "Traceback" not in done.stderr
