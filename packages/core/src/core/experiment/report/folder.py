"""A sweep folder holds one folder per job, and a job that never finished is missing, not an error."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from core.errors import InputError, KacaError
from core.experiment.command.frame import describe
from core.experiment.reading import read_arrays, read_json
from core.experiment.records import (
    ABOUT,
    HISTORY,
    RESULT,
    SAMPLES,
    TRACE,
    About,
    History,
    Json,
    Result,
    ShownExample,
    TracedLayer,
    Variant,
)
from core.printable import printable

Kind = TypeVar("Kind")
#: Test examples and classes of a job: ten times those of ImageNet, whose predictions are 50,000 x 1,000.
MOST_EXAMPLES, MOST_CLASSES, MOST_PREDICTIONS = 500_000, 2_000, 2**26
TRACES_OF_A_JOB = (".hydra", "history.json", "predictions.npz", "trace.json", "samples.json", "model.keras")


@dataclass(frozen=True)
class Predictions:
    """The whole test split of one job: labels (n,), and the probabilities of both sides (n, classes)."""

    labels: npt.NDArray[np.int64]
    keras: npt.NDArray[np.float32]
    scratch: npt.NDArray[np.float32]

    @property
    def choices(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The class that each side finds most probable for every row: Keras' (n,), and ours."""
        return self.keras.argmax(axis=1), self.scratch.argmax(axis=1)

    @property
    def difference(self) -> npt.NDArray[np.float32]:
        """Largest difference of a probability in each row; (n,)."""
        largest: npt.NDArray[np.float32] = np.abs(self.keras - self.scratch).max(axis=1)
        return largest


@dataclass(frozen=True)
class Run:
    """One finished job: its result, and whatever else its folder holds."""

    folder: str
    label: str
    seed: int
    result: Result
    history: History
    predictions: Predictions | None
    trace: list[TracedLayer]
    samples: list[ShownExample]

    def number(self, name: str) -> float:
        """Return a number of the result, NaN where it is not given."""
        value = getattr(self.result, name)
        return float("nan") if value is None else float(value)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of their labels; a class without a name has its number."""
        names = list(self.result.classes or [])
        if self.predictions is None:
            return names
        columns = self.predictions.keras.shape[1]
        return names[:columns] + [f"class {number}" for number in range(len(names), columns)]

    @property
    def examples(self) -> int:
        """How many test examples it was tried on."""
        return self.result.n_test

    @property
    def provenance(self) -> Json:
        """Where the run comes from; empty where nothing was kept."""
        return self.result.provenance.model_dump() if self.result.provenance else {}


@dataclass(frozen=True)
class SweepFolder:
    """What a sweep folder says: the question, the finished runs, and what is not there."""

    folder: Path
    about: About
    runs: list[Run]
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def variant_label(variant: Variant | Json) -> str:
    """``{"model.cell": "lstm", "model.mask_zero": True}`` -> ``"cell=lstm, mask_zero=true"``."""
    parts = (f"{key.rsplit('.', 1)[-1]}={_plain(value)}" for key, value in variant.items())
    return printable(", ".join(parts)) or "as configured"


def same_label(first: str, second: str) -> bool:
    """Whether two labels differ in no more than the order of their parts, capitals, spaces and punctuation."""
    parts = [sorted(re.sub(r"[^a-z0-9.,]", "", label.lower()).split(",")) for label in (first, second)]
    return parts[0] == parts[1]


def read_sweep(folder: Path) -> SweepFolder:
    """Read a sweep folder; raises InputError if no job in it has a result."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Give the folder that a sweep named when it ended.")
    notes: list[str] = []
    about = _optional(folder / "sweep.json", ABOUT, About(), notes)
    runs, unfinished = [], []
    try:
        jobs = sorted((path for path in folder.iterdir() if path.is_dir()), key=_natural_order)
    except OSError as error:
        raise InputError(f"{folder} cannot be read: {describe(error)}") from error
    for job in jobs:
        result = _optional(job / "result.json", RESULT, None, notes)
        if result is not None:
            runs.append(_read_run(job, result, notes))
        elif any((job / trace).exists() for trace in TRACES_OF_A_JOB):
            unfinished.append(f"job {printable(job.name)}")
    if not runs:
        raise InputError(
            f"{folder} is not a finished sweep: expected at least one folder in it with a result.json, found none"
            f"{'; ' + notes[-1] if notes else '.'} Give the folder that a sweep named when it ended."
        )
    return SweepFolder(folder, about, runs, _missing(about, runs) or unfinished, notes)


def _missing(about: About, runs: list[Run]) -> list[str]:
    """Name what was planned and is not there: variants, and how many jobs that makes."""
    absent = [label for label in about.variants or [] if not any(same_label(label, run.label) for run in runs)]
    jobs = about.jobs or 0
    return absent + ([f"{jobs - len(runs)} of {jobs} jobs in all"] if jobs > len(runs) else [])


def _read_run(job: Path, result: Result, notes: list[str]) -> Run:
    return Run(
        folder=printable(job.name),
        label=variant_label(result.variant),
        seed=result.seed,
        result=result,
        history=_optional(job / "history.json", HISTORY, {}, notes),
        predictions=_read_predictions(job / "predictions.npz", notes),
        trace=_optional(job / "trace.json", TRACE, [], notes),
        samples=_optional(job / "samples.json", SAMPLES, [], notes),
    )


def _optional(path: Path, schema: TypeAdapter[Kind], default: Any, notes: list[str]) -> Any:
    """Read a file of the sweep; what is not there or not as it should be is left out, the latter with a note."""
    if not _is_file(path):
        return default
    try:
        return read_json(path, schema)
    except InputError as error:
        _note(path, error, notes)
        return default


def _read_predictions(path: Path, notes: list[str]) -> Predictions | None:
    if not _is_file(path):
        return None
    try:
        found = read_arrays(path, {"labels": 1, "keras": 2, "scratch": 2})
        return _checked(Predictions(found["labels"], found["keras"], found["scratch"]))
    except KacaError as error:
        _note(path, error, notes)
        return None


def _checked(found: Predictions) -> Predictions:
    """Return the predictions if they fit one another. Raises `InputError`."""
    labels, keras, scratch = found.labels, found.keras, found.scratch
    if keras.shape != scratch.shape or len(labels) != len(keras):
        raise InputError(
            f"labels {labels.shape}, keras {keras.shape} and scratch {scratch.shape} do not fit one another"
        )
    rows, classes = keras.shape
    if not (0 < rows <= MOST_EXAMPLES and 1 < classes <= MOST_CLASSES and rows * classes <= MOST_PREDICTIONS):
        raise InputError(f"{rows:,} examples of {classes:,} classes are too few or too many for a report")
    if labels.dtype.kind not in "iu" or keras.dtype.kind != "f" or scratch.dtype.kind != "f":
        raise InputError(
            f"expected whole labels and floating-point probabilities, got {labels.dtype} and {keras.dtype}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(f"labels: from {labels.min()} to {labels.max()}, expected 0 to {classes - 1}")
    return Predictions(labels.astype(np.int64), keras.astype(np.float32), scratch.astype(np.float32))


def _note(path: Path, error: KacaError, notes: list[str]) -> None:
    name = f"{path.parent.name}/{path.name}"
    said = str(error).replace(f"{path}: ", "")
    notes.append(f"{printable(name)} could not be read ({printable(said)}) and was left out.")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return True  # reading it will say what is wrong


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, list):
        return "-".join(_plain(item) for item in value)
    return str(value)


def _natural_order(path: Path) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"\d+|\D+", path.name)
    return [(part[0].isdecimal(), int(part) if part[0].isdecimal() else 0, part) for part in parts]
