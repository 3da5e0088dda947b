"""One job from end to end with the smallest trainer: what it writes, what it keeps, and what it refuses."""

import io
import json

import numpy as np
import pytest
from rich.console import Console
from toy_task import ToyTask, config

from core.errors import KacaError
from core.experiment import store
from core.experiment.command.options import read_settings
from core.experiment.compare import Comparison, Float64Probabilities, compare
from core.experiment.errors import OptionError
from core.experiment.training.job import Job, run_job

TASK = ToyTask()
FIELDS = [
    "experiment", "variant", "seed", "dataset", "n_test", "keras_macro_f1", "scratch_macro_f1", "keras_accuracy",
    "label_match", "max_abs_diff", "mean_abs_diff", "max_abs_diff_float64", "keras_rounding", "scratch_rounding",
    "parameters", "train_seconds", "scratch_predict_seconds",
    "keras_predict_seconds", "run_dir", "classes", "fallback", "reused", "epochs", "val_macro_f1",
    "provenance",
]  # fmt: skip


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / "cache"))


def run(folder, values):
    text = io.StringIO()
    job = Job(values, {"model.units": 8}, folder, git_commit=None, command="python -m toy.run")
    return run_job(TASK, job, Console(file=text)), text.getvalue()


def test_a_job_leaves_the_folder_that_the_report_reads(tmp_path):
    result, _ = run(tmp_path / "0", config())
    assert list(result) == FIELDS
    assert result == json.loads((tmp_path / "0" / "result.json").read_text())
    assert (result["label_match"], result["n_test"], result["reused"], result["epochs"]) == (1.0, 30, False, 2)
    assert result["max_abs_diff"] <= 1e-6
    assert result["keras_macro_f1"] == result["scratch_macro_f1"]
    assert result["run_dir"] == "0"
    assert set(result["provenance"]) == {
        "git_commit", "versions", "data", "hardware", "date", "command", "config"
    }  # fmt: skip

    with np.load(tmp_path / "0" / "predictions.npz") as arrays:
        assert {name: (arrays[name].shape, str(arrays[name].dtype)) for name in arrays.files} == {
            "labels": ((30,), "int64"),
            "keras": ((30, 3), "float32"),
            "scratch": ((30, 3), "float32"),
        }
    trace = json.loads((tmp_path / "0" / "trace.json").read_text())
    assert [(row["layer"], row["class"], row["output_shape"]) for row in trace] == [
        ("double", "Dense", [None, 4]), ("dense", "Dense", [None, 8]), ("probabilities", "Dense", [None, 3])
    ]  # fmt: skip
    assert all(0 <= row["max_abs_diff"] <= 1e-6 for row in trace)
    history = json.loads((tmp_path / "0" / "history.json").read_text())
    assert {name: len(values) for name, values in history.items()} == dict.fromkeys(
        ("loss", "val_loss", "accuracy", "val_accuracy"), 2
    )
    samples = json.loads((tmp_path / "0" / "samples.json").read_text())
    assert samples[0]["text"] == "point 0"
    assert all(sample["keras"] == sample["scratch"] for sample in samples)
    assert (tmp_path / "0" / "model.keras").is_file()


def test_a_kept_run_is_found_and_force_trains_anew(tmp_path):
    first, _ = run(tmp_path / "0", config())
    again, said = run(tmp_path / "1", config(experiment="another"))
    assert again["reused"]
    assert "found again" in said
    assert again["keras_macro_f1"] == first["keras_macro_f1"]
    forced, said = run(tmp_path / "2", config(force=True))
    assert not forced["reused"]
    assert "epoch" in said


@pytest.mark.parametrize("values", [config(model={"units": 0}), config(model={"unit": 3}), config(seed=-1)])
def test_impossible_options_are_refused_before_anything_is_written(tmp_path, values):
    with pytest.raises(OptionError):
        run(tmp_path / "0", values)
    assert not (tmp_path / "0").exists()


def test_a_layer_that_only_keras_has_is_an_error_and_not_skipped(tmp_path):
    run(tmp_path / "0", config())
    settings = read_settings(TASK, config())
    dataset = TASK.load_data(settings)
    kept = store.find(store.key_of(TASK, settings, dataset))
    np.savez(kept.folder / "activations.npz", **kept.activations, unknown=np.zeros((8, 3)))
    with pytest.raises(KacaError, match="unknown"):
        compare(kept, dataset)


def test_disagreements_and_the_surest_mistakes_are_shown():
    labels = np.zeros(20, np.int64)
    keras = np.tile(np.float32([0.9, 0.1]), (20, 1))
    scratch = keras.copy()
    scratch[12] = [0.4, 0.6]
    keras[15] = scratch[15] = [0.3, 0.7]
    keras[17] = scratch[17] = [0.1, 0.9]
    float64 = Float64Probabilities(keras[:4].astype(np.float64), keras[:4].astype(np.float64) + 1e-15)
    comparison = Comparison(labels, keras, scratch, 0.0, [], float64)
    assert comparison.telling_rows() == [*range(8), 12, 17, 15]
    scores = comparison.scores()
    assert scores["label_match"] == 19 / 20
    assert scores["max_abs_diff"] == pytest.approx(0.5)
    assert 0 < scores["max_abs_diff_float64"] < 2e-15
    assert scores["keras_rounding"] == 0
