"""One job is one setting of the config and one seed: find or train the network, compare, and write the job's folder."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console

from core.experiment import provenance, store
from core.experiment.command.options import read_settings
from core.experiment.command.progress import TrainingProgress
from core.experiment.command.quiet import load_tensorflow
from core.experiment.compare import Comparison, compare
from core.experiment.records import Json
from core.experiment.store import KeptRun
from core.experiment.task import Dataset, Settings, Task
from core.experiment.writing import own_file, own_folder, write_json
from core.printable import printable


@dataclass(frozen=True)
class Job:
    """Which job of a sweep this is, the resolved config, and the folder that takes its results."""

    config: Mapping[str, Any]
    variant: Json
    folder: Path
    git_commit: str | None
    command: str


def run_job(task: Task, job: Job, console: Console) -> Json:
    """Run one job and return what it wrote to `result.json`; raises KacaError."""
    settings = read_settings(task, job.config)
    dataset = task.load_data(settings)
    if dataset.fallback:
        warn(dataset.fallback, console)
    run, reused = find_or_train(task, settings, dataset, console)
    console.print(f"  comparing with NumPy on {len(dataset.test):,} test examples", highlight=False)
    comparison = compare(run, dataset)
    result = _result(job, run, comparison, dataset, reused)
    _write(
        job.folder, result, run, comparison, [_sample(task, dataset, comparison, r) for r in comparison.telling_rows()]
    )
    return result


def warn(sentence: str, console: Console) -> None:
    """Print loudly that the data is not what was asked for."""
    console.print(f"ATTENTION: {printable(sentence)}", style="bold yellow", highlight=False, soft_wrap=True)


def find_or_train(task: Task, settings: Settings, dataset: Dataset, console: Console) -> tuple[KeptRun, bool]:
    """Return the trained run of these settings, and whether it had been kept from before."""
    key = store.key_of(task, settings, dataset)
    kept = None if settings.force else store.find(key)
    if kept is not None:
        console.print(f"  trained before, on {kept.facts.date}: found again", highlight=False)
        return kept, True
    load_tensorflow()
    from core.experiment.training.keras import train_into  # noqa: PLC0415  # imports Keras, which a kept run can do without

    progress = TrainingProgress(console)
    return store.keep(key, lambda folder: train_into(folder, task, settings, dataset, progress)), False


def _result(job: Job, run: KeptRun, comparison: Comparison, dataset: Dataset, reused: bool) -> Json:
    facts = run.facts
    return {
        "experiment": job.config["experiment"],
        "variant": job.variant,
        "seed": job.config["seed"],
        "dataset": dataset.name,
        **comparison.scores(),
        "parameters": facts.parameters,
        "train_seconds": facts.train_seconds,
        "scratch_predict_seconds": comparison.scratch_predict_seconds,
        "keras_predict_seconds": facts.keras_predict_seconds,
        "run_dir": job.folder.name,
        "classes": list(dataset.classes),
        "fallback": dataset.fallback,
        "reused": reused,
        "epochs": facts.epochs,
        "val_macro_f1": facts.val_macro_f1,  # runs that were kept before it was noted have none
        "provenance": {
            "git_commit": job.git_commit,
            "versions": provenance.versions(),
            "data": {
                "name": dataset.name,
                "source": dataset.source,
                "fingerprint": dataset.fingerprint,
                "note": dataset.note,
                "train": len(dataset.train),
                "validation": len(dataset.validation),
                "test": len(dataset.test),
            },
            "hardware": facts.hardware,
            "date": facts.date,
            "command": job.command,
            "config": dict(job.config),
        },
    }


def _sample(task: Task, dataset: Dataset, comparison: Comparison, row: int) -> Json:
    theirs, ours = int(comparison.keras[row].argmax()), int(comparison.scratch[row].argmax())
    return {
        "index": row,
        "true": dataset.classes[comparison.labels[row]],
        "keras": dataset.classes[theirs],
        "scratch": dataset.classes[ours],
        "keras_probability": float(comparison.keras[row, theirs]),
        "scratch_probability": float(comparison.scratch[row, ours]),
        **task.show(dataset, row),
    }


def _write(folder: Path, result: Json, run: KeptRun, comparison: Comparison, samples: list[Json]) -> None:
    """Fill the job's folder; `result.json` last, so that a folder that has one is whole."""
    own_folder(folder)
    (folder / "result.json").unlink(missing_ok=True)
    with own_file(folder / "model.keras") as file:
        shutil.copyfile(run.model_file, file)
    with own_file(folder / "predictions.npz") as file, file.open("wb") as opened:
        np.savez_compressed(opened, labels=comparison.labels, keras=comparison.keras, scratch=comparison.scratch)
    for name, value in (
        ("history", run.history),
        ("trace", comparison.trace),
        ("samples", samples),
        ("result", result),
    ):
        write_json(folder / f"{name}.json", value)
