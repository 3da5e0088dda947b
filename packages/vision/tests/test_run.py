"""`python -m vision.run` as a user types it: a sweep of real images that survives being killed, and mistakes in one line."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from run_command import CONTRACT, CommandMistakes, in_process, read

from core.errors import KacaError
from core.experiment.command import launch as launching
from vision import run

DATA = os.environ.get("KACA_DATA_DIR")
SECONDS = 600
pytest_plugins = "offline"
TINY = [
    "preset=quick", "model.filters=4-8-8", "model.dense_units=8", "data.train_limit=300", "data.validation_limit=50",
    "data.test_limit=200", "data.fallback=false",
]  # fmt: skip


def command(tmp_path, *arguments, **options):
    environment = {**os.environ, "KACA_CACHE_DIR": str(tmp_path / "cache"), "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "vision.run", *arguments, f"hydra.sweep.dir={tmp_path / 'sweep'}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment, **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    """A sweep of two variants, killed during the second, and then the same command given twice."""
    folder = tmp_path_factory.mktemp("sweep")
    # Ten epochs leave time to be met while the second variant is trained.
    arguments = ["+exp=pooling", "train.epochs=10", *TINY]
    process = command(folder, *arguments)
    deadline = time.monotonic() + SECONDS
    for line in process.stdout:
        if line.startswith("2 of 2"):
            break
        assert time.monotonic() < deadline
    next(process.stdout)  # the first epoch of the second variant is over
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (folder / "sweep" / "summary.json").exists()
    outputs = []
    for _ in range(2):
        process = command(folder, *arguments)
        output, errors = process.communicate(timeout=SECONDS)
        assert process.returncode == 0, errors
        results = [read(folder / "sweep" / str(job), "result.json") for job in range(2)]
        outputs.append((output, errors, results))
    return folder / "sweep", outputs


@pytest.mark.skipif(not DATA, reason="KACA_DATA_DIR names no local mirror of CIFAR-10")
class TestSweepOnRealImages:
    def test_a_killed_sweep_goes_on_without_training_the_first_variant_again(self, sweep):
        _, outputs = sweep
        assert [[result["reused"] for result in results] for _, _, results in outputs] == [[True, False], [True, True]]
        assert ["epoch" in output for output, _, _ in outputs] == [True, False]

    def test_numpy_agrees_with_keras_on_every_test_image(self, sweep):
        for result in sweep[1][-1][2]:
            assert (result["dataset"], result["n_test"], result["fallback"]) == ("cifar10", 200, None)
            assert result["label_match"] == 1.0
            assert result["max_abs_diff"] <= 1e-5
            assert round(result["keras_macro_f1"], 4) == round(result["scratch_macro_f1"], 4)

    def test_the_folder_holds_what_the_report_reads(self, sweep):
        folder, outputs = sweep
        results = outputs[-1][2]
        for job, pooling in enumerate(["max", "average"]):
            assert {path.name for path in (folder / str(job)).iterdir() if path.is_file()} >= CONTRACT
            assert results[job]["variant"] == {"model.pooling": pooling}
            with np.load(folder / str(job) / "predictions.npz") as arrays:
                assert arrays["keras"].shape == arrays["scratch"].shape == (200, 10)
        assert len(read(folder / "0", "history.json")["val_loss"]) == 10
        assert all(sample["image_png"] for sample in read(folder / "0", "samples.json"))
        about = read(folder, "sweep.json")
        assert about["variants"] == ["pooling=max", "pooling=average"]
        assert "python -m vision.run +exp=pooling" in about["command"]
        assert (folder / "report.html").stat().st_size > 10_000

    def test_the_summary_has_one_object_a_job(self, sweep):
        folder, _ = sweep
        summary = read(folder, "summary.json")
        assert [row["run_dir"] for row in summary] == ["0", "1"]
        with (folder / "summary.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == list(summary[0])
        assert [row["variant"] for row in rows] == ["pooling=max", "pooling=average"]

    def test_the_terminal_shows_the_way_the_table_and_the_report(self, sweep):
        folder, outputs = sweep
        output, errors, _ = outputs[0]
        assert "1 of 2: pooling=max, seed 0" in output
        assert "agreement on all 200 test examples" in output
        assert output.rstrip().endswith(f"report: {folder / 'report.html'}")
        assert "\x1b" not in output
        assert errors == ""


class TestMistakes(CommandMistakes):
    run = run
    mistakes = (
        ("model.pooling=foo", "model.pooling must be one of 'max', 'average', got 'foo'"),
        ("model.pooling=max,foo", "model.pooling must be one of 'max', 'average', got 'foo'"),
        ("train.batch_size=0", "train.batch_size must be an integer in [1, 2147483647], got 0"),
        ("train.epochs=", "train.epochs must be an integer in [1, 2147483647], got ''"),
        ("+train.epoch=3", "train.epoch: no such option"),
        ("+exp=pooling,filters", "exp: one experiment at a time"),
        ("seed=-1", "seed must be an integer"),
        ("force=perhaps", "force must be true or false"),
        ("data.name=mnist", "data.name must be one of 'cifar10', 'digits'"),
        ("data.fallback=false", "CIFAR-10 is not at hand"),
        ("data=digits", "data.test_limit=3", "data: a split needs at least 10 examples"),
        ("hydra.mode=RUN", "hydra.mode: expected MULTIRUN"),
    )
    refused_by_hydra = (
        ("train.epoch=3", "train.epoch"),
        ("+exp=nothing", "exp/nothing"),
        ("data=mnist", "data/mnist"),
        ("epochs=3", "epochs"),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["hydra.sweep.dir={folder}/file/sweep"], "file/sweep: Not a directory"),
        (["hydra.sweep.dir={folder}/linked"], "linked/0 is a link to"),
        (["hydra.sweep.dir={folder}/planned"], "planned/multirun.yaml is a link to"),
        (["hydra.sweep.dir='{folder}/noted'"], "noted/0/.hydra/config.yaml is a link to"),
        (["hydra.sweep.dir={folder}/own", "hydra.sweep.subdir=../file"], "file: "),
        (["hydra.sweep.dir={folder}/taken"], "sweep.json"),
        (["hydra.sweep.dir={folder}/a", "cache"], "set KACA_CACHE_DIR"),
        (["hydra.sweep.dir=${nothing}"], "nothing"),
        (["hydra.sweep.dir={folder}/a", "title='\\x1b[2J'", "model.conv_layers=0"], "model.conv_layers"),
        (["==", "a"], "=="),
    ],
)
def test_strange_folders_are_answered_without_a_stack_trace(monkeypatch, tmp_path, capfd, offline, arguments, message):
    (tmp_path / "file").write_text("mine")
    for name in ("linked", "taken", "precious", "planned", "noted/0/.hydra"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("planned/multirun.yaml", "noted/0/.hydra/config.yaml"):
        (tmp_path / name).symlink_to(tmp_path / "file")
    (tmp_path / "precious" / "result.json").write_text("mine")
    (tmp_path / "linked" / "0").symlink_to(tmp_path / "precious")
    (tmp_path / "taken" / "sweep.json").mkdir()
    monkeypatch.setenv("KACA_CACHE_DIR", str(tmp_path / ("file" if "cache" in arguments else "cache")))
    given = [argument.replace("{folder}", str(tmp_path)) for argument in arguments if argument != "cache"]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["vision.run", "data=digits", *given])
    with pytest.raises(SystemExit) as ended:
        run.main()
    assert ended.value.code in (1, 2)
    output = capfd.readouterr()
    assert message in output.err
    assert "Traceback" not in output.err + output.out
    assert "\x1b" not in output.err + output.out
    assert (tmp_path / "file").read_text() == (tmp_path / "precious" / "result.json").read_text() == "mine"


def test_without_network_and_mirror_the_sweep_runs_on_digits_and_says_so(monkeypatch, tmp_path, capfd, offline):
    tiny = [option for option in TINY if "fallback" not in option]
    assert in_process(run, monkeypatch, tmp_path, *tiny, "model.conv_layers=2", "train.epochs=1", "seed=1,2") == 0
    output = capfd.readouterr().out
    assert output.count("ATTENTION: CIFAR-10 is not at hand") == 3  # at each job, and once more before the table
    summary = read(tmp_path / "sweep", "summary.json")
    found = [(row["seed"], row["dataset"], row["label_match"]) for row in summary]
    assert found == [(1, "digits", 1.0), (2, "digits", 1.0)]
    assert "digits instead" in read(tmp_path / "sweep" / "0", "result.json")["fallback"]


def test_outside_a_checkout_it_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(launching, "__file__", str(tmp_path / "launch.py"))
    with pytest.raises(KacaError, match="needs a checkout"):
        launching.experiments_folder("vision")


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"\xef\xbb\xbf# @package _global_", "byte order mark"), (b"\xff\xfe#\0", "UTF-8"), (b"a: b: c", None)],
)
def test_a_config_that_would_be_misread_is_named(monkeypatch, tmp_path, capfd, content, message):
    shutil.copytree(launching.experiments_folder("vision"), tmp_path / "experiments" / "vision")
    (tmp_path / "experiments" / "vision" / "exp" / "pooling.yaml").write_bytes(content)
    monkeypatch.setattr(launching, "__file__", str(tmp_path / "launch.py"))
    assert in_process(run, monkeypatch, tmp_path, "+exp=pooling", "data=digits") == (2 if message else 1)
    errors = capfd.readouterr().err
    assert (message or "pooling") in errors
    assert "Traceback" not in errors


def test_interrupting_says_how_to_go_on(monkeypatch, tmp_path, capfd):
    def interrupt(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("core.experiment.command.sweep.run_job", interrupt)
    assert in_process(run, monkeypatch, tmp_path, "data=digits") == 130
    assert capfd.readouterr().err.startswith("interrupted")
