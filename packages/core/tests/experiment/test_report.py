"""The report of made-up sweeps: what it says, what it escapes, and what it does when something is not there."""

import json
import re

import numpy as np
import pytest
from html_pages import Page
from light import run_light
from sweep_folders import make_sweep

from core.errors import InputError
from core.experiment.report import __main__ as report
from core.experiment.report.page import write_report

KERNELS = [({"model.kernel_size": 3}, 0.8), ({"model.kernel_size": 5}, 0.7), ({"model.kernel_size": 7}, 0.6)]
ALIKE = [({"model.pooling": "max"}, 0.7), ({"model.pooling": "average"}, 0.7)]
BOTH_WAYS = [
    ({"model.cell": cell, "model.bidirectional": both}, skill)
    for cell, both, skill in [
        ("simple_rnn", False, 0.3), ("simple_rnn", True, 0.6), ("lstm", False, 0.7), ("lstm", True, 0.7),
    ]
]  # fmt: skip
HOSTILE = '<script>alert("boo")</script> & <img src=x onerror=alert(1)>'


def page_of(folder):
    return Page(write_report(folder).read_text(encoding="utf-8"))


def change(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


@pytest.fixture
def images(tmp_path):
    return make_sweep(tmp_path / "images", KERNELS, about={"experiment": "kernel_size", "question": "How large?"})


@pytest.fixture(scope="module")
def read_images(tmp_path_factory):
    """A folder and its page, for tests that change nothing."""
    folder = make_sweep(tmp_path_factory.mktemp("read") / "images", KERNELS, about={"experiment": "kernel_size"})
    return folder, page_of(folder)


@pytest.fixture(scope="module")
def read_sentences(tmp_path_factory):
    about = {"experiment": "bidirectional", "title": "Both ways"}
    folder = tmp_path_factory.mktemp("read") / "sentences"
    make_sweep(folder, BOTH_WAYS, kind="text", seeds=3, about=about)
    return folder, page_of(folder)


def test_the_page_needs_nothing_beside_itself(images):
    source = write_report(images).read_text()
    page = Page(source)
    assert not {tag for tag, _ in page.tags} & {"script", "link", "iframe", "object", "base"}
    assert all(attrs["src"].startswith("data:image/png;base64,") for tag, attrs in page.tags if "src" in attrs)
    assert all(attrs["href"].startswith("#") for tag, attrs in page.tags if "href" in attrs)
    assert not any(name.startswith("on") for _, attrs in page.tags for name in attrs)
    assert "http" not in re.sub(r'xmlns(:xlink)?="[^"]*"|http-equiv', "", source)
    assert "url(" not in re.sub(r"url\(#\w+\)", "", source)


def test_every_picture_has_a_description(read_images):
    _, page = read_images
    pictures = [attrs for tag, attrs in page.tags if tag in ("svg", "img")]
    assert len(pictures) > 10
    assert all(attrs.get("alt") or attrs.get("aria-label") for attrs in pictures)


def test_ids_are_unique_and_links_lead_somewhere(read_images):
    _, page = read_images
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert all(attrs["href"][1:] in ids for tag, attrs in page.tags if tag == "a")


def test_the_table_holds_the_results(read_images):
    images, page = read_images
    for number, (variant, _) in enumerate(KERNELS):
        result = json.loads((images / str(number) / "result.json").read_text())
        row = page.row(f"kernel_size={variant['model.kernel_size']}")
        assert row[1] == f"{result['keras_macro_f1']:.4f}"[1:]
        low, high = (float(end) for end in row[2].strip("[]").split(", "))
        assert low < result["keras_macro_f1"] < high
        assert row[3:] == [
            f"{result['scratch_macro_f1']:.4f}"[1:], ".0000", f"{result['keras_accuracy']:.4f}"[1:], "100.00%",
            f"{result['max_abs_diff']:.1e}", f"{result['parameters']:,}", f"{result['train_seconds']:.1f}", "3.21", "21.74",
        ]  # fmt: skip


def test_several_seeds_give_mean_deviation_and_intervals(read_sentences):
    sentences, page = read_sentences
    scores = [json.loads((sentences / str(job) / "result.json").read_text())["keras_macro_f1"] for job in (0, 1, 2)]
    row = page.row("cell=simple_rnn, bidirectional=false", "3")
    assert row[2:4] == [f"{np.mean(scores):.4f}"[1:], f"{np.std(scores, ddof=1):.4f}"[1:]]
    assert len(row) == 7
    assert all(re.fullmatch(r"\[\.\d{4}, \.\d{4}\]", interval) for interval in row[4:])


def test_a_clear_winner_is_named(read_images):
    text = read_images[1].text
    assert re.search(
        r"kernel_size=3 is best at \.\d{3} \[\.\d{3}, \.\d{3}\]; kernel_size=5 is lower by \.\d{3} \[", text
    )
    assert "no difference that" not in text.lower()


def test_no_winner_is_made_up(tmp_path):
    page = page_of(make_sweep(tmp_path / "alike", ALIKE, kind="text", about={"experiment": "pooling"}))
    assert re.search(r"No difference that 400 sentences can show: pooling=\w+ scores \.\d{3}", page.text)
    assert "is best" not in page.text
    assert any(row[-1] == "no difference that 400 sentences can show" for row in page.rows)


def test_each_cell_is_compared_with_its_own_kind(read_sentences):
    _, page = read_sentences
    assert re.search(
        r"With cell=simple_rnn, bidirectional=true is best at .*bidirectional=false is lower by", page.text
    )
    assert re.search(r"With cell=lstm, no difference that 400 sentences and 3 seeds can show", page.text)
    against = [row for row in page.rows if row[1:2] in (["bidirectional=true"], ["bidirectional=false"])]
    assert len(against) == 2


def test_one_variant_is_compared_with_nothing(tmp_path):
    text = page_of(make_sweep(tmp_path / "one", [({}, 0.8)])).text
    assert re.search(
        r"Macro F1 is \.\d{3} \[.*?\] \(as configured\); there is no other variant to compare it with", text
    )


def test_parity_is_said_in_a_line(read_images):
    assert re.search(
        r"Keras and NumPy agree on 400 of 400 labels in every variant; largest probability difference \d\.\de-07\.",
        read_images[1].text,
    )


def test_labels_that_differ_are_loud(tmp_path):
    page = page_of(make_sweep(tmp_path / "apart", ALIKE, flip=3))
    assert "Keras and NumPy do not agree. Keras and NumPy disagree on 6 of 800 labels over 2 runs" in page.text
    assert "Labels that differ: 3" in page.text
    assert "agree on 400 of 400" not in page.text


@pytest.mark.parametrize("spoiled", [1e-3, float("nan")])
def test_probabilities_that_differ_are_loud_even_if_labels_agree(images, spoiled):
    path = images / "1" / "predictions.npz"
    with np.load(path) as arrays:
        kept = dict(arrays)
    kept["scratch"][5, kept["scratch"][5].argmin()] = spoiled
    np.savez(path, **kept)
    assert "Keras and NumPy do not agree." in page_of(images).text


def test_a_fallback_is_the_first_thing_on_the_page(tmp_path):
    text = page_of(make_sweep(tmp_path / "digits", ALIKE, fallback="CIFAR-10 is out of reach.")).text
    banner = text.index("Not the data that was asked for. CIFAR-10 is out of reach.")
    assert banner < text.index("Results")


def test_data_is_text_and_never_markup(tmp_path):
    folder = make_sweep(
        tmp_path / "hostile",
        [({"model.cell": HOSTILE}, 0.7), ({"model.cell": "lstm"}, 0.6)],
        kind="text",
        classes=[HOSTILE, "neutral", "$x_1$"],
        sentences=[HOSTILE],
        flip=2,
        fallback=HOSTILE,
        dataset=HOSTILE,
        provenance={"git_commit": HOSTILE, "versions": {HOSTILE: HOSTILE}, "date": HOSTILE, "config": {"a": HOSTILE}},
        about=dict.fromkeys(("title", "question", "experiment", "command"), HOSTILE)
        | {"original": {HOSTILE: {"keras": HOSTILE, "note": HOSTILE}}, "variants": [HOSTILE]},
    )
    page = page_of(folder)
    assert not [tag for tag, attrs in page.tags if tag == "script" or "onerror" in attrs]
    assert page.text.count(HOSTILE) > 20


def test_image_samples_are_shown_with_three_answers(read_images):
    images, page = read_images
    samples = json.loads((images / "0" / "samples.json").read_text())
    shown = [attrs for tag, attrs in page.tags if tag == "img"]
    assert shown[0]["src"].endswith(samples[0]["image_png"])
    assert shown[0]["alt"] == f"Test image {samples[0]['index']}, a {samples[0]['true']}"
    assert len(shown) == 3 * len(samples)


def test_errors_are_shown_with_their_sentence(read_sentences):
    sentences, page = read_sentences
    samples = json.loads((sentences / "6" / "samples.json").read_text())
    wrong = next(sample for sample in samples if sample["true"] != sample["keras"])
    answer = f"{wrong['keras_probability']:.3f}".removeprefix("0")
    assert [wrong["text"], wrong["true"], f"{wrong['keras']} {answer}", f"{wrong['scratch']} {answer}"] in page.rows


def test_the_published_results_stand_next_to_ours(tmp_path):
    original = {
        "kernel_size=3": 0.7579,
        "Kernel_Size = 5": {"keras": 0.4981, "scratch": "error", "note": "it crashed"},
        "kernel_size=7": None,
        "kernel_size=9": 0.1,
    }
    folder = make_sweep(tmp_path / "study", KERNELS, about={"original": original})
    ours = json.loads((folder / "0" / "result.json").read_text())["keras_macro_f1"]
    page = page_of(folder)
    assert page.row("kernel_size=3", ".7579")[:3] == ["kernel_size=3", ".7579", ".7579"]
    assert page.row("kernel_size=3", ".7579")[5] == f"{ours - 0.7579:+.4f}".replace("0.", ".").replace("-", "−")
    assert page.row("kernel_size=5", ".4981", "error")[-1] == "it crashed"
    assert page.row("kernel_size=9")[1:4] == [".1000", ".1000", "not in this sweep"]
    assert "Next to the published results" in page.text
    assert "compared Keras and its own NumPy code on 100 images; here all 400 test images" in page.text


@pytest.mark.parametrize("original", [None, {}, {"kernel_size=3": None}])
def test_without_published_results_there_is_no_section(tmp_path, original):
    assert "published results" not in page_of(make_sweep(tmp_path / "none", KERNELS, about={"original": original})).text


def test_variants_that_are_missing_are_named(images):
    (images / "2" / "result.json").unlink()
    change(images / "sweep.json", variants=["kernel_size=3", "kernel_size=5", "kernel_size=7"], jobs=3)
    text = page_of(images).text
    assert "This sweep is not complete. Missing: kernel_size=7 and 1 of 3 jobs in all." in text
    assert "kernel_size=3 is best" in text


def test_a_job_that_began_is_missing_even_if_no_plan_says_so(images):
    (images / "1" / "result.json").write_text('{"keras_macro')
    text = page_of(images).text
    assert "Missing: job 1." in text
    assert "1/result.json could not be read" in text


@pytest.mark.parametrize("broken", [None, b"{]", b"PK\x03\x04 not an archive"])
@pytest.mark.parametrize("name", ["history.json", "predictions.npz", "trace.json", "samples.json"])
def test_a_file_that_is_missing_or_broken_costs_only_its_part(images, name, broken):
    for job in ("0", "1"):
        path = images / job / name
        path.unlink() if broken is None else path.write_bytes(broken)
    page = page_of(images)
    assert page.row("kernel_size=7")[1].startswith(".")
    assert (broken is not None) == (f"0/{name}" in page.text)
    if name == "predictions.npz":
        assert page.row("kernel_size=3")[2] == "–"
        assert "with no interval to judge that by" in page.text


def test_runs_on_another_test_set_are_not_compared(images):
    path = images / "0" / "predictions.npz"
    with np.load(path) as arrays:
        np.savez(path.with_name("other.npz"), **{name: value[::-1] for name, value in arrays.items()})
    path.with_name("other.npz").replace(path)
    text = page_of(images).text
    assert "predictions of this test set are missing" in text


def test_provenance_tells_how_to_do_it_again(read_images):
    text = read_images[1].text
    for told in ("uv run python -m vision.run", "7973ae9c0ffee", "tensorflow 2.21.0", "sha256:9f3c51d2", "Example CPU"):
        assert told in text
    assert "20 November 2025, 10:00 UTC to 22 November 2025, 10:02 UTC" in text


def test_the_same_folder_gives_the_same_page(images):
    first = write_report(images).read_bytes()
    assert write_report(images).read_bytes() == first
    assert sorted(path.name for path in images.iterdir() if path.is_file()) == ["report.html", "sweep.json"]


@pytest.mark.parametrize("kind", ["absent", "a file", "empty", "no results"])
def test_a_folder_that_is_not_a_sweep_is_one_clear_line(tmp_path, capsys, kind):
    folder = tmp_path / "folder"
    if kind == "a file":
        folder.write_text("x")
    elif kind != "absent":
        folder.mkdir()
    if kind == "no results":
        (folder / "0").mkdir()
        (folder / "sweep.json").write_text("{}")
    with pytest.raises(InputError, match=re.escape(str(folder))):
        write_report(folder)
    assert report.main([str(folder)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    assert not (tmp_path / "folder" / "report.html").exists()


def test_the_command_line_makes_the_page_without_tensorflow(images):
    run_report = "runpy.run_module('core.experiment.report', run_name='__main__')"
    assert run_light(run_report, images, heavy={"tensorflow", "keras"}) == f"{images / 'report.html'}\n"
