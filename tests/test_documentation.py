"""Everything that the documentation shows is run: each block of Python with what it claims, each command with its options.

A block that is not complete in itself gets the names that its reader has at hand from `PREPARED`; what is said beside it is
held in `CLAIMS`. A command of a kind that is not known here fails.
"""

import ast
import contextlib
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from documents import ROOT, blocks, commands, documents, is_shell
from hydra import compose, initialize_config_dir
from PIL import Image

import core

BARE = ROOT / "packages" / "core" / "tests_bare" / "models"
BLOCKS = blocks()
COMMANDS = commands()
SENTENCES = ["kopi ini enak sekali", "pelayanan lambat dan mahal"]
with np.load(BARE / "answers.npz") as answers:
    PIXELS = answers["pixels"]


def model_file(folder, name):
    shutil.copy(BARE / f"{name}.keras", folder / "model.keras")


def with_images(folder):
    model_file(folder, "images")
    return {"x": PIXELS, "images": PIXELS}


def with_sentences(folder):
    model_file(folder, "sentences")
    return {}


def with_points(folder):
    x = np.random.default_rng(0).normal(size=(96, 8)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(np.int64)
    return {"x": x[:64], "y": y[:64], "x_val": x[64:], "y_val": y[64:]}


#: What the reader of a block has at hand, by the document and the heading; other blocks are complete.
PREPARED = {
    ("README.md", "Open a model"): with_images,
    ("README.md", "Learn in NumPy"): with_points,
    ("packages/core/README.md", "kaca-core"): with_images,
    ("packages/text/README.md", "kaca-text"): with_sentences,
    ("packages/vision/README.md", "kaca-vision"): with_images,
}


def opens_in_keras(names, folder):
    """`model.predict` gives what Keras' does, and Keras opens the weights that were written."""
    theirs, model = keras.models.load_model(BARE / "images.keras"), names["model"]
    expected = theirs.predict(PIXELS, verbose=0)
    np.testing.assert_allclose(model.predict(PIXELS), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(model.predict_classes(PIXELS), expected.argmax(-1))
    assert list(model.activations(PIXELS)) == [node.layer.name for node in model.nodes if not node.is_input]
    for weight in theirs.weights:
        weight.assign(np.zeros(weight.shape))
    theirs.load_weights(folder / "model.weights.h5")
    np.testing.assert_allclose(theirs.predict(PIXELS, verbose=0), expected, rtol=0, atol=1e-6)


def trained_opens_in_keras(names, folder):
    """`model.save("trained.keras")  # Keras opens it`, with the same numbers; and the network has learned."""
    theirs = keras.models.load_model(folder / "trained.keras")
    x, model = names["x"], names["model"]
    np.testing.assert_allclose(theirs.predict(x, verbose=0), model.predict(x), rtol=0, atol=1e-6)
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in model.layers]
    history = names["history"]
    assert len(history["loss"]) == len(history["val_loss"]) == 5
    assert history["loss"][-1] < history["loss"][0]


def classes_of_images(names, folder):
    theirs = keras.models.load_model(BARE / "images.keras").predict(PIXELS, verbose=0)
    np.testing.assert_array_equal(names["net"].predict(PIXELS), theirs.argmax(-1))


def classes_of_sentences(names, folder):
    theirs = keras.models.load_model(BARE / "sentences.keras")
    expected = np.asarray(theirs(np.array(SENTENCES, dtype=object)[:, None])).argmax(-1)
    np.testing.assert_array_equal(names["net"].predict(SENTENCES), expected)


#: What is claimed beside a block.
CLAIMS = {
    ("README.md", "Open a model"): opens_in_keras,
    ("README.md", "Learn in NumPy"): trained_opens_in_keras,
    ("packages/text/README.md", "kaca-text"): classes_of_sentences,
    ("packages/vision/README.md", "kaca-vision"): classes_of_images,
}


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_a_block_of_python(block, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    key = (block.document, block.heading)
    names = PREPARED[key](tmp_path) if key in PREPARED else {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(block.text, str(block), "exec"), names)
    if key in CLAIMS:
        CLAIMS[key](names, tmp_path)


def test_what_is_prepared_and_claimed_is_shown():
    shown = {(block.document, block.heading) for block in BLOCKS if block.language == "python"}
    assert PREPARED.keys() | CLAIMS.keys() <= shown


def test_every_block_is_of_a_kind_that_is_run():
    """Python, commands, or a plan of folders that are there."""
    for block in BLOCKS:
        if block.language == "python" or is_shell(block):
            continue
        assert block.language == "", f"nothing here runs {block}"
        for line in block.text.splitlines():
            place = line.split()[0]
            homes = [ROOT / place, *ROOT.glob(f"packages/*/src/{place}")]
            assert any(home.exists() for home in homes), f"{block} names {place}, which is not there"


def test_links_lead_somewhere():
    for path in documents():
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", path.read_text(encoding="utf-8")):
            assert target.startswith(("http:", "https:")) or (path.parent / target).exists(), f"{path.name}: {target}"


# --- commands ---------------------------------------------------------------------------------------------------------


def sessions():
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.decorator_list}


def run_module(folder, *arguments):
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KACA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def nox(words, folder):
    """The session is there; a test that is chosen by name, too."""
    assert words[:1] == ["-s"]
    assert re.fullmatch(r"\w+", words[1]), words
    assert words[1] in sessions()
    if "-k" in words:
        chosen = words[words.index("-k") + 1]
        tests = ROOT.glob("packages/*/tests_full/*.py")
        assert any(chosen in path.stem or f"def test_{chosen}" in path.read_text(encoding="utf-8") for path in tests)
    else:
        assert words[2:] in ([], ["--"], ["--", "--minutes", "60"])


def trainer(package):
    def check(words, folder):
        """Hydra composes it from the experiments; sweeps of values are composed value by value."""
        options = [word for word in words if word not in {"...", "…"}]
        assert all(re.match(r"\+?[\w.]+=", word) for word in options), options
        with initialize_config_dir(config_dir=str(ROOT / "experiments" / package), version_base="1.3"):
            assert compose("config", overrides=options).experiment

    return check


def predict(package):
    def check(words, folder):
        assert words[0] == "model.keras"
        model_file(folder, {"vision": "images", "text": "sentences"}[package])
        Image.fromarray(np.full((20, 30, 3), 99, np.uint8)).save(folder / "photo.png")
        assert run_module(folder, f"{package}.predict", *words).strip()

    return check


def inspect(words, folder):
    model_file(folder, "images")
    assert "conv2d" in run_module(folder, "core.inspect", *words)


def pip(words, folder):
    assert words[0] == "install"
    known = {"uv", "kaca-core", "kaca-vision", "kaca-text"}
    assert all(re.sub(r"\[.*\]", "", word) in known for word in words[1:]), words


def pytest_of(words, folder):
    assert all((ROOT / word).exists() for word in words if not word.startswith("-"))


def nothing_more(words, folder):
    assert all(word.startswith("--") for word in words), words


def report(words, folder):
    """`test_the_first_commands_do_what_they_say` runs it."""
    assert words == ["FOLDER"]


#: How a command is checked, by how it begins.
KINDS = {
    ("nox",): nox,
    ("python", "-m", "vision.run"): trainer("vision"),
    ("python", "-m", "text.run"): trainer("text"),
    ("python", "-m", "vision.predict"): predict("vision"),
    ("python", "-m", "text.predict"): predict("text"),
    ("python", "-m", "core.inspect"): inspect,
    ("python", "-m", "core.experiment.report"): report,
    ("pip",): pip,
    ("pytest",): pytest_of,
    ("uv", "sync"): nothing_more,
}


@pytest.mark.parametrize(("document", "command"), COMMANDS, ids=lambda value: str(value)[:70])
def test_a_command(document, command, tmp_path):
    words = shlex.split(command, comments=True)
    words = words[2:] if words[:2] == ["uv", "run"] else words
    for start, check in KINDS.items():
        if tuple(words[: len(start)]) == start:
            check(words[len(start) :], tmp_path)
            return
    pytest.fail(f"{document} shows a command that nothing here checks: {command}")


def test_experiments_that_are_named_are_there():
    named = [(path.name, name) for path in documents() for name in re.findall(r"\+exp=(\w+)", path.read_text("utf-8"))]
    there = {path.stem for path in ROOT.glob("experiments/*/exp/*.yaml")}
    assert len(named) > 10
    assert {name for _, name in named if name != "NAME"} <= there


TINY = {
    "vision": ["preset=quick", "data=digits", "train.epochs=1", "model.filters=4-8-8", "model.dense_units=8",
               "data.train_limit=150", "data.validation_limit=50", "data.test_limit=50"],
    "text": ["preset=quick", "data=ulasan", "train.epochs=1", "model.units=6", "model.embedding_dim=8", "model.dense_units=6",
             "data.train_limit=60", "data.validation_limit=30"],
}  # fmt: skip


@pytest.mark.parametrize("package", ["vision", "text"])
def test_the_first_commands_do_what_they_say(package, tmp_path):
    """Train in Keras, run in NumPy, compare, write a report; and the report again."""
    command = next(shown for _, shown in COMMANDS if re.match(rf"(uv run )?python -m {package}\.run \+exp=\w+", shown))
    words = shlex.split(command, comments=True)
    words = words[words.index("-m") + 1 :]
    sweep = tmp_path / "sweep"
    run_module(tmp_path, *words, *TINY[package], f"hydra.sweep.dir={sweep}")
    assert {"report.html", "summary.csv", "summary.json"} <= {path.name for path in sweep.iterdir()}
    (sweep / "report.html").unlink()
    run_module(tmp_path, "core.experiment.report", str(sweep))
    assert "<html" in (sweep / "report.html").read_text(encoding="utf-8")


# --- figures ----------------------------------------------------------------------------------------------------------


def test_kaca_starts_many_times_faster_than_tensorflow():
    """The table of the README says 34 times; the order is what holds on any machine."""
    text = Path(ROOT / "README.md").read_text(encoding="utf-8")
    claimed = re.search(r"start to first prediction \|[^|]*\|[^|]*\|[^|]*\| (\d+)x", text)
    assert claimed
    assert int(claimed[1]) > 5
    model = str(BARE / "images.keras")
    seconds = {}
    for name, program in {
        "kaca": f"import core, numpy; core.load_model({model!r}).predict(numpy.zeros((1, 8, 8, 3)))",
        "keras": f"import keras, numpy; keras.models.load_model({model!r}).predict(numpy.zeros((1, 8, 8, 3)), verbose=0)",
    }.items():
        timed = f"import time; {program}; print(time.process_time())"
        done = subprocess.run([sys.executable, "-c", timed], capture_output=True, text=True, check=True)
        seconds[name] = float(done.stdout.split()[-1])
    assert seconds["keras"] > 5 * seconds["kaca"]


def test_what_the_reader_needs_is_what_the_documents_say():
    """NumPy alone: nothing but NumPy and what counts the threads of BLAS; no upper end of Python."""
    import tomllib

    about = tomllib.loads((ROOT / "packages" / "core" / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split(r"[<>=]", name)[0] for name in about["dependencies"]} == {"numpy", "threadpoolctl"}
    assert about["requires-python"] == ">=3.11"
    assert core.load_model(BARE / "images.h5").predict(PIXELS).shape == (len(PIXELS), 3)


def test_the_size_that_is_installed():
    """Within a tenth of what is installed here; wheels differ between systems and versions."""
    program = "import json; from bench.footprint import installed_size; print(json.dumps(installed_size()))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    sizes = {name: size["bytes"] / 1e6 for name, size in json.loads(done.stdout).items()}
    claimed = re.search(
        r"^\| installed \|[^|]*\| (\d+) MB \|[^|]*\| (\d+)x", (ROOT / "README.md").read_text("utf-8"), re.M
    )
    assert claimed
    assert int(claimed[1]) == pytest.approx(sizes["Kaca"], rel=0.1)
    assert int(claimed[2]) == pytest.approx(sizes["TensorFlow"] / sizes["Kaca"], rel=0.15)
