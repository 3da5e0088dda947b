"""`python -m text.run` as a user types it: a sweep of real sentences, the fallback, and mistakes in one line."""

import json
import os

import numpy as np
import pytest
from run_command import CONTRACT, CommandMistakes, in_process, read

import core
from text import run

DATA = os.environ.get("KACA_DATA_DIR")
TINY = [
    "train.epochs=1", "seed=0", "model.units=6", "model.embedding_dim=8", "model.dense_units=6", "data.train_limit=60",
    "data.validation_limit=30",
]  # fmt: skip


pytest_plugins = "offline"


@pytest.fixture(scope="class")
def sweep(tmp_path_factory):
    """Both cells in both directions, on real sentences; then the LSTM alone, which is found again."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("both")
        arguments = ["+exp=bidirectional", "data.fallback=false", *TINY]
        assert in_process(run, monkeypatch, folder, *arguments) == 0
        (folder / "sweep").rename(folder / "first")
        assert in_process(run, monkeypatch, folder, *arguments, "model.cell=lstm") == 0
    return folder / "first", folder / "sweep"


@pytest.mark.skipif(not DATA, reason="KACA_DATA_DIR names no local mirror of NusaX")
class TestSweepOnRealSentences:
    def test_numpy_reads_every_test_sentence_as_keras_reads_its_ids(self, sweep):
        summary = read(sweep[0], "summary.json")
        assert len(summary) == 4
        for row in summary:
            assert (row["dataset"], row["n_test"], row["label_match"]) == ("nusax", 400, 1.0)
            assert row["max_abs_diff"] <= 1e-6
            assert row["keras_macro_f1"] == row["scratch_macro_f1"]
            assert 0 <= row["val_macro_f1"] <= 1

    def test_variants_are_named_as_the_study_names_them(self, sweep):
        about = read(sweep[0], "sweep.json")
        assert about["variants"] == list(about["original"])
        page = (sweep[0] / "report.html").read_text(encoding="utf-8")
        assert ".4981" in page
        assert "from scratch it crashed" in page

    def test_the_folder_holds_what_the_report_reads(self, sweep):
        job = sweep[0] / "0"
        assert {path.name for path in job.iterdir() if path.is_file()} >= CONTRACT
        with np.load(job / "predictions.npz") as arrays:
            assert arrays["keras"].shape == arrays["scratch"].shape == (400, 3)
        history = read(job, "history.json")
        assert {"loss", "val_loss", "accuracy", "val_accuracy", "val_macro_f1"} <= set(history)
        assert read(job, "result.json")["val_macro_f1"] == history["val_macro_f1"][-1]
        samples = read(job, "samples.json")
        assert all(sample["kind"] == "text" and sample["text"] for sample in samples)
        trace = read(job, "trace.json")
        assert trace[0]["class"] == "TextVectorization"
        assert trace[0]["max_abs_diff"] == 0
        assert all(row["max_abs_diff"] <= 1e-6 for row in trace)

    def test_the_saved_model_takes_raw_sentences(self, sweep):
        model = core.load_model(sweep[0] / "3" / "model.keras")
        assert model.predict_proba(["Enak sekali, pelayanannya ramah", ""]).shape == (2, 3)

    def test_one_cell_on_the_command_line_narrows_it_and_is_found_again(self, sweep):
        rows = read(sweep[1], "summary.json")
        assert [row["variant"] for row in rows] == [
            {"model.cell": "lstm", "model.bidirectional": False}, {"model.cell": "lstm", "model.bidirectional": True}
        ]  # fmt: skip
        before = {json.dumps(row["variant"]): row["keras_macro_f1"] for row in read(sweep[0], "summary.json")}
        assert all(row["keras_macro_f1"] == before[json.dumps(row["variant"])] for row in rows)
        assert [read(sweep[1] / str(job), "result.json")["reused"] for job in range(2)] == [True, True]


class TestMistakes(CommandMistakes):
    run = run
    mistakes = (
        ("model.cell=rnn", "model.cell must be one of 'simple_rnn', 'lstm', 'gru', got 'rnn'"),
        ("model.units=64,0", "model.units must be an integer in [1, 2147483647], got 0"),
        ("+model.unit=3", "model.unit: no such option"),
        ("model.recurrent_dropout=1.5", "model.recurrent_dropout must lie in [0, 1)"),
        ("+exp=mask,cell", "exp: one experiment at a time"),
        ("data.languages=[ind,xyz]", "data.languages must be one of 'ace'"),
        ("data.languages=ind", "data.languages must be a list"),
        ("train.monitor=f1", "train.monitor must be one of 'val_loss'"),
        ("data.fallback=false", "NusaX is not at hand"),
        ("data=ulasan", "data.test_limit=2", "data: a split needs at least 3 examples"),
    )
    refused_by_hydra = (("model.unit=3", "model.unit"), ("+exp=nothing", "exp/nothing"), ("data=imdb", "data/imdb"))


def test_without_network_and_mirror_the_sweep_runs_on_the_reviews_and_says_so(monkeypatch, tmp_path, capfd, offline):
    assert in_process(run, monkeypatch, tmp_path, *TINY, "model.cell=simple_rnn") == 0
    assert "ATTENTION: NusaX is not at hand" in capfd.readouterr().out
    (row,) = read(tmp_path / "sweep", "summary.json")
    assert (row["dataset"], row["n_test"], row["label_match"]) == ("ulasan", 82, 1.0)
    assert "reviews, ulasan, instead" in read(tmp_path / "sweep" / "0", "result.json")["fallback"]
