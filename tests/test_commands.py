"""The commands as they are typed in strange surroundings: other encodings, closed pipes, marks at the start of a file."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

MODELS = Path(__file__).parents[1] / "packages/core/tests_bare/models"
NAMES = ["\x1b[31mred\x9b", "ku\u202ecing", "日本é"]


@pytest.fixture
def folder(tmp_path):
    """Two models of strangers, with names of classes, and a picture."""
    for kind in ("images", "sentences"):
        (tmp_path / kind).mkdir()
        shutil.copy(MODELS / f"{kind}.keras", tmp_path / kind / "model.keras")
        names = [NAMES[number % 3] + str(number) for number in range(count_classes(kind))]
        (tmp_path / kind / "result.json").write_text(json.dumps({"classes": names}), encoding="utf-8-sig")
    Image.fromarray(np.full((20, 30, 3), 99, dtype=np.uint8)).save(tmp_path / "picture.png")
    return tmp_path


def count_classes(kind):
    with np.load(MODELS / "answers.npz") as answers:
        return answers[kind].shape[1]


def run(*arguments, encoding="utf-8", shell=None, **options):
    command = [sys.executable, "-m", *map(str, arguments)]
    if shell:
        command = ["sh", "-c", shell.replace("COMMAND", " ".join(f"'{word}'" for word in command))]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    return subprocess.run(command, capture_output=True, env=environment, check=False, timeout=120, **options)


def commands(folder):
    return {
        "vision": ["vision.predict", folder / "images/model.keras", folder / "picture.png", "--top", "10"],
        "text": ["text.predict", folder / "sentences/model.keras", "enak é日", "kopi"],
        "inspect": ["core.inspect", folder / "images/model.keras"],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "ascii"])
def test_every_encoding_and_every_name(folder, encoding):
    for name, command in commands(folder).items():
        plain, as_json = run(*command, encoding=encoding), run(*command, "--json", encoding=encoding)
        for done in (plain, as_json):
            assert (done.returncode, done.stderr) == (0, b""), name
            text = done.stdout.decode(encoding)
            assert all(letter.isprintable() or letter in "\n\t" for letter in text)
        if name != "inspect":
            assert "\\x1b[31mred\\x9b" in plain.stdout.decode(encoding) or name == "text"
            shown = as_json.stdout.decode(encoding)
            found = json.loads(shown if name == "vision" else shown.splitlines()[0])
            names = [best["class"] for best in found[0]["top"]] if name == "vision" else list(found["probabilities"])
            assert {entry.rstrip("0123456789") for entry in names} == set(NAMES)
            assert name == "vision" or found["text"] == "enak é日"


def test_nobody_reads_and_nowhere_to_write(folder):
    """A closed pipe is no mistake; a closed or a full output is one, in one line."""
    for name, command in commands(folder).items():
        for shell, status in (("COMMAND | true", 0), ("COMMAND >&-", 2), ("COMMAND > /dev/full", 2)):
            done = run(*command, shell=shell)
            assert done.returncode == status, (name, shell, done.stderr)
            assert b"Traceback" not in done.stderr
            assert b"Exception ignored" not in done.stderr
            assert done.stderr.count(b"\n") == (status == 2)
        assert run(*command, shell="COMMAND 2>&- >&-").returncode == 2


def test_a_mark_at_the_start_of_a_file_is_not_part_of_it(folder):
    model = folder / "sentences/model.keras"
    plain = run("text.predict", model, input=b"enak sekali\r\nkopi\n").stdout
    marked = run("text.predict", model, input=b"\xef\xbb\xbfenak sekali\r\nkopi\n").stdout
    assert plain == marked
    assert plain.endswith(b"\tkopi\n")
    wide = run("text.predict", model, input="enak".encode("utf-16"))
    assert (wide.returncode, wide.stdout) == (2, b"")
    assert b"line 1 of standard input is not UTF-8" in wide.stderr
    names = "\n".join(f"kelas {number}" for number in range(count_classes("images")))
    (folder / "names.txt").write_text(names, encoding="utf-8-sig")
    done = run(*commands(folder)["vision"], "--classes", folder / "names.txt", "--json")
    assert {best["class"] for best in json.loads(done.stdout)[0]["top"]} == set(names.splitlines())


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b"null", b'"classes"', b'{"classes": 3}', b'{"classes": [1, 2]}', b'{"classes": {"a": 1}}',
        b'{"classes": [' + b"[" * 100_000, b"[" * 100_000, b'{"a": ' * 100_000, b"\xff\xfe{\0}\0", b"\x80",
        b'{"classes": ' + b"9" * 5_000 + b"}", b'{"classes": [NaN]}', b'{"classes": ["\\ud800"]}',
    ],
    ids=lambda content: repr(content[:20]),
)  # fmt: skip
def test_any_file_beside_a_model_gives_numbers_and_one_line(folder, content, capsys):
    from text import predict as text
    from vision import predict as vision

    for kind in ("images", "sentences"):
        (folder / kind / "result.json").write_bytes(content)
    assert vision.main([str(argument) for argument in commands(folder)["vision"][1:]]) == 0
    assert capsys.readouterr().err.count("\n") == 1
    assert text.main([str(argument) for argument in commands(folder)["text"][1:]]) == 0
    assert capsys.readouterr().err.count("\n") == 1


def test_a_model_that_is_no_classifier_says_what_it_gives(tmp_path, capsys):
    import keras

    from text import predict as text
    from vision import predict as vision

    layers = keras.layers
    Image.fromarray(np.full((4, 4, 3), 9, dtype=np.uint8)).save(tmp_path / "picture.png")
    image, words = keras.Input((4, 4, 3)), keras.Input((), dtype="string")
    flat = layers.Flatten()(layers.Rescaling(1 / 255)(image))
    tokens = layers.TextVectorization(output_sequence_length=4, vocabulary=["kopi", "enak"])(words)
    states = layers.GRU(3, return_sequences=True)(layers.Embedding(5, 2)(tokens))
    last = layers.GRU(3)(states)
    rows = [
        ("linear", vision, image, layers.Dense(1)(flat), "a single number"),
        ("relu", vision, image, layers.Dense(1, activation="relu")(flat), "a single number"),
        ("softplus", vision, image, layers.Activation("softplus")(layers.Dense(1)(flat)), "a single number"),
        ("two outputs", vision, image, [layers.Dense(2)(flat), layers.Dense(2)(flat)], "output"),
        ("picture", vision, image, layers.Conv2D(2, 1)(image), "(4, 4, 2)"),
        ("sigmoid", vision, image, layers.Dense(1, activation="sigmoid")(flat), None),
        ("linear", text, words, layers.Dense(1)(last), "a single number"),
        ("two outputs", text, words, [layers.Dense(2)(last), layers.Dense(2)(last)], "output"),
        ("steps", text, words, layers.Dense(2)(states), "(4, 2)"),
        ("sigmoid", text, words, layers.Dense(1, activation="sigmoid")(last), None),
    ]
    for name, command, entry, outputs, message in rows:
        keras.Model(entry, outputs).save(tmp_path / "model.keras")
        what = tmp_path / "picture.png" if command is vision else "kopi enak"
        status = command.main([str(tmp_path / "model.keras"), str(what)])
        output = capsys.readouterr()
        assert (status, bool(output.out)) == ((2, False) if message else (0, True)), (name, output.err)
        if message:
            assert message in output.err
            assert output.err.count("\n") == 1
