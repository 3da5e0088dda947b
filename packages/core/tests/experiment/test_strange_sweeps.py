"""A sweep folder made by a stranger: whatever its files hold, the report is made or refused in one line, and that is all."""

import json
import os
import re
import zipfile
from copy import deepcopy
from html import unescape

import numpy as np
import pytest
from html_pages import Page
from sweep_folders import make_sweep

from core.errors import InputError
from core.experiment.report import __main__ as report
from core.experiment.report import page
from core.experiment.report.folder import read_sweep
from core.experiment.report.page import write_report

#: Which of the rows become pages: another number (0 to 30) looks at others.
STEP = int(os.environ.get("STEP", "0"))
VARIANTS = [({"model.kernel_size": 3}, 0.8), ({"model.kernel_size": 5}, 0.5)]
FILES = ["sweep.json", "0/result.json", "0/history.json", "0/trace.json", "0/samples.json"]
#: What may stand where something else should.
WRONG = {
    "null": None, "true": True, "text": "\x1b[2J\ud800", "negative": -3, "fraction": 0.5, "huge": 10**400, "enormous": 1e308,
    "nan": float("nan"), "infinity": float("-inf"), "list": [[[]]], "object": {"a": {"b": []}}, "numbers": [1, 2.5, None],
    "digits": "9" * 5_000, "long": "x, y\n" * 2_000,
}  # fmt: skip
NAMES = [
    "<script>alert(1)</script>", "font: 12px x; y", "font-family: z; w", "url(#a)", 'id="x" class=\'y\'',
    "a & b < c > d", "$x_1$", "#1b1f25", '<g id="a">', "</text></svg>",
    "<style>*</style>", "<metadata></metadata>", "עברית مرحبا", "日本語 👩", "हिन्दी",
    "x" * 3_000, "{{ 7 * 7 }}{% raw %}", "var(--ink)", "-->", "]]>",
    "&amp;", "\\", "_", "None", "0",
]  # fmt: skip


@pytest.fixture(autouse=True)
def few_resamples(monkeypatch):
    monkeypatch.setattr("core.experiment.report.statistics.bootstrap_macro_f1.__defaults__", (20,))


@pytest.fixture
def folder(tmp_path):
    about = {"experiment": "kernel_size", "title": "a", "question": "b", "variants": ["kernel_size=3"], "jobs": 2}
    about |= {"original": {"kernel_size=3": 0.5, "kernel_size=5": {"keras": 0.5, "scratch": "error", "note": "a"}}}
    return make_sweep(tmp_path / "sweep", VARIANTS, examples=20, about=about, classes=["a", "b", "c"], kind="text")


def positions(value, limit=3):
    """Yield the way to every field of a JSON value, the first few of each list."""
    keys = range(min(limit, len(value))) if isinstance(value, list) else value if isinstance(value, dict) else ()
    for key in keys:
        yield (key,)
        yield from ((key, *rest) for rest in positions(value[key], limit))


def changed(value, way, new=None, delete=False):
    value = deepcopy(value)
    inner = value
    for key in way[:-1]:
        inner = inner[key]
    if delete:
        del inner[way[-1]]
    else:
        inner[way[-1]] = new
    return value


@pytest.mark.parametrize("name", FILES)
def test_any_value_in_any_field(folder, name):
    """All of them are read; one in 31 becomes a page."""
    path = folder / name
    honest = json.loads(path.read_text())
    rows = [(way, kind) for way in positions(honest) for kind in (*WRONG, "deleted")] + [((), kind) for kind in WRONG]
    for number, (way, kind) in enumerate(rows):
        value = changed(honest, way, WRONG.get(kind), kind == "deleted") if way else WRONG[kind]
        path.write_text(json.dumps(value))
        try:
            sweep = read_sweep(folder)
            if number % 31 == STEP:
                page.render(sweep, np.random.default_rng(0)).encode()
        except InputError as error:
            assert str(folder) in str(error)  # noqa: PT017
        except Exception as error:
            raise AssertionError(f"{name}: {way} {kind}") from error


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize(
    "content",
    [
        b"", b"{]", b"[" * 100_000, b'{"a":' * 100_000, b"9" * 5_000, b"\xff\xfe{\0}\0", b"\x80\x81", b"NaN", b'"' + b"a" * 100,
        b"[" + b"{}," * 400_000 + b"{}]", b'{"variant": ' + b"[" * 60 + b"]" * 60 + b"}", b" " * (17 * 2**20),
    ],
    ids=lambda content: repr(content[:10]),
)  # fmt: skip
def test_any_bytes_in_any_file(folder, name, content):
    (folder / name).write_bytes(content)
    sweep = read_sweep(folder)
    assert [note for note in sweep.notes if note.startswith((name, f"sweep/{name}"))]
    assert len(sweep.runs) == (1 if name == "0/result.json" else 2)


def test_a_mark_at_the_start_of_a_file_is_not_part_of_it(folder):
    for name in FILES:
        (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    assert read_sweep(folder).notes == []


ARRAYS = {
    "labels beyond the classes": {"labels": np.full(20, 3)},
    "labels below 0": {"labels": np.full(20, -1)},
    "labels that are fractions": {"labels": np.zeros(20)},
    "labels in two dimensions": {"labels": np.zeros((20, 1), int)},
    "too few labels": {"labels": np.zeros(3, int)},
    "no examples": {"labels": np.zeros(0, int), "keras": np.zeros((0, 3)), "scratch": np.zeros((0, 3))},
    "no classes": {"keras": np.zeros((20, 0)), "scratch": np.zeros((20, 0))},
    "other classes": {"scratch": np.zeros((20, 4), np.float32)},
    "more classes than names": {"keras": np.eye(7)[np.zeros(20, int)], "scratch": np.eye(7)[np.zeros(20, int)]},
    "fewer classes than names": {"labels": np.zeros(20, int), "keras": np.ones((20, 1)), "scratch": np.ones((20, 1))},
    "thousands of classes": {"keras": np.zeros((20, 9_000)), "scratch": np.zeros((20, 9_000))},
    "texts": {"keras": np.full((20, 3), "a")},
    "objects": {"keras": np.full((20, 3), None)},
    "whole numbers": {"keras": np.zeros((20, 3), int)},
    "nothing but NaN": {"keras": np.full((20, 3), np.nan, np.float32)},
    "infinity": {"scratch": np.full((20, 3), np.inf, np.float32)},
    "a bomb": {"keras": np.zeros((2**25, 3), np.float32)},
}


@pytest.mark.parametrize("kind", ARRAYS)
def test_any_arrays(folder, kind):
    path = folder / "0/predictions.npz"
    with np.load(path) as arrays:
        kept = dict(arrays)
    np.savez_compressed(path, **(kept | ARRAYS[kind]))
    page.render(read_sweep(folder), np.random.default_rng(0)).encode()


def test_any_archive(folder):
    path = folder / "0/predictions.npz"
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    for _ in range(200):
        corrupted = bytearray(whole)
        for place in generator.integers(len(corrupted), size=3):
            corrupted[place] = generator.integers(256)
        path.write_bytes(corrupted[: generator.integers(1, 2 * len(corrupted))])
        read_sweep(folder)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("labels.npy", b"\x93NUMPY")
    assert "0/predictions.npz could not be read (labels" in read_sweep(folder).notes[-1]


@pytest.mark.parametrize("start", range(0, len(NAMES), 5))
def test_any_name_stays_that_text(tmp_path, start):
    names = NAMES[start : start + 5]
    variants = [({"model.cell": name}, 0.5 + number / 20) for number, name in enumerate(names)]
    folder = make_sweep(tmp_path / "sweep", variants, examples=40, classes=names, dataset=names[0], kind="text")
    trace = json.loads((folder / "0/trace.json").read_text())
    for row, name in zip(trace, names, strict=False):
        row["layer"] = name
    (folder / "0/trace.json").write_text(json.dumps(trace))
    source = write_report(folder).read_text(encoding="utf-8")
    read = Page(source)
    cells = [cell for row in read.rows for cell in row]
    drawn = [unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", source, re.DOTALL)]
    for name in names:
        assert f"cell={name}" in cells
        assert sum(cell.startswith(name) for cell in cells) > 3  # true, Keras, scratch, the class itself, the layer
        short = name if len(name) <= 1_000 else name[:900]
        for shown in (f"cell={short}", short):
            assert any(text.startswith(shown) for text in drawn)
    assert [tag for tag, _ in read.tags if tag in ("script", "style")] == ["style"]


def test_what_steers_a_reader_is_an_escape(tmp_path):
    names = ["a\x1b[2J", "\u202ecba", "b\ud800", "c\0", "d\ne"]
    folder = make_sweep(tmp_path / "sweep", [({"cell": name}, 0.5) for name in names], examples=40, classes=names)
    source = write_report(folder).read_text(encoding="utf-8")
    assert not {letter for letter in source if not letter.isprintable()} - {"\n", "\u00a0"}
    for shown in ("a\\x1b[2J", "\\u202ecba", "b\\ud800", "c\\x00", "d\\ne"):
        assert f"cell={shown}" in source


@pytest.mark.parametrize("name", ["report.html", "report.html.part", ".report.html.part"])
def test_a_link_in_the_folder_writes_nowhere_else(folder, tmp_path, name):
    own = tmp_path / "precious"
    own.write_text("mine")
    (folder / name).symlink_to(own)
    assert report.main([str(folder)]) == 0
    assert own.read_text() == "mine"
    assert (folder / "report.html").read_text().startswith("<!doctype html>")
    assert not (folder / "report.html").is_symlink()


def test_a_folder_that_cannot_be_written_or_read(folder, capsys):
    (folder / "report.html").mkdir()
    assert report.main([str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    for name in ("0/result.json", "1/result.json"):
        (folder / name).unlink()
        os.mkfifo(folder / name)
    assert report.main([str(folder)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("name", ["²", "٣", "a\udc80", "\x1b[2J", "00", "-1", "1e9"])
def test_any_name_of_a_job(folder, name):
    (folder / "0").rename(folder / name)
    page.render(read_sweep(folder), np.random.default_rng(0)).encode()
