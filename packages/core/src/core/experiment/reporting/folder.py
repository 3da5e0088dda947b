"""A sweep folder holds one folder per job, and a job that never finished is missing, not an error."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from core.errors import InputError

Json = dict[str, Any]
Kind = TypeVar("Kind")
TRACES_OF_A_JOB = (".hydra", "history.json", "predictions.npz", "trace.json", "samples.json", "model.keras")


@dataclass(frozen=True)
class Predictions:
    """The whole test split of one job: labels (n,), and the probabilities of both sides (n, classes)."""

    labels: npt.NDArray[np.int64]
    keras: npt.NDArray[np.float32]
    scratch: npt.NDArray[np.float32]

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
    result: Json
    history: dict[str, list[float]]
    predictions: Predictions | None
    trace: list[Json]
    samples: list[Json]

    def number(self, name: str) -> float:
        """Return a number of the result, NaN where it is not given."""
        value = self.result.get(name)
        return float("nan") if value is None else float(value)

    @property
    def classes(self) -> list[str]:
        """The names of the classes, in the order of their labels; a class without a name has its number."""
        names = [str(name) for name in self.result.get("classes") or []]
        columns = 0 if self.predictions is None else self.predictions.keras.shape[1]
        return names + [f"class {number}" for number in range(len(names), columns)]

    @property
    def examples(self) -> int:
        """How many test examples it was tried on."""
        return int(self.result.get("n_test") or (0 if self.predictions is None else len(self.predictions.labels)))

    @property
    def provenance(self) -> Json:
        """Where the run comes from; empty where nothing was kept."""
        return dict(self.result.get("provenance") or {})


@dataclass(frozen=True)
class Sweep:
    """What a sweep folder says: the question, the finished runs, and what is not there."""

    folder: Path
    about: Json
    runs: list[Run]
    missing: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def variant_label(variant: Json) -> str:
    """``{"model.cell": "lstm", "model.mask_zero": True}`` -> ``"cell=lstm, mask_zero=true"``."""
    return ", ".join(f"{key.rsplit('.', 1)[-1]}={_plain(value)}" for key, value in variant.items()) or "as configured"


def same_label(first: str, second: str) -> bool:
    """Whether two labels differ in no more than the order of their parts, capitals, spaces and punctuation."""
    parts = [sorted(re.sub(r"[^a-z0-9.,]", "", label.lower()).split(",")) for label in (first, second)]
    return parts[0] == parts[1]


def read_sweep(folder: Path) -> Sweep:
    """Read a sweep folder; raises InputError if no job in it has a result."""
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder. Give the folder that a sweep named when it ended.")
    notes: list[str] = []
    about: Json = _read_json(folder / "sweep.json", {}, notes)
    runs, unfinished = [], []
    for job in sorted((path for path in folder.iterdir() if path.is_dir()), key=_natural_order):
        result: Json = _read_json(job / "result.json", {}, notes)
        if result:
            runs.append(_read_run(job, result, notes))
        elif any((job / trace).exists() for trace in TRACES_OF_A_JOB):
            unfinished.append(f"job {job.name}")
    if not runs:
        raise InputError(
            f"{folder} is not a finished sweep: expected at least one folder in it with a result.json, found none. "
            "Give the folder that a sweep named when it ended."
        )
    return Sweep(folder, about, runs, _missing(about, runs) or unfinished, notes)


def _missing(about: Json, runs: list[Run]) -> list[str]:
    """Name what was planned and is not there: variants, and how many jobs that makes."""
    planned = [str(label) for label in about.get("variants") or []]
    absent = [label for label in planned if not any(same_label(label, run.label) for run in runs)]
    jobs = int(about.get("jobs") or 0)
    return absent + ([f"{jobs - len(runs)} of {jobs} jobs in all"] if jobs > len(runs) else [])


def _read_run(job: Path, result: Json, notes: list[str]) -> Run:
    return Run(
        folder=job.name,
        label=variant_label(result.get("variant") or {}),
        seed=int(result.get("seed") or 0),
        result=result,
        history=_read_json(job / "history.json", {}, notes),
        predictions=_read_predictions(job / "predictions.npz", notes),
        trace=_read_json(job / "trace.json", [], notes),
        samples=_read_json(job / "samples.json", [], notes),
    )


def _read_json(path: Path, default: Kind, notes: list[str]) -> Kind:
    if not path.is_file():
        return default
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        notes.append(f"{path.parent.name}/{path.name} could not be read ({error}) and was left out.")
        return default
    if not isinstance(value, type(default)):
        notes.append(f"{path.parent.name}/{path.name} holds a {type(value).__name__} and was left out.")
        return default
    return value


def _read_predictions(path: Path, notes: list[str]) -> Predictions | None:
    if not path.is_file():
        return None
    try:
        # Opened here, because NumPy leaves a broken archive open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            predictions = Predictions(arrays["labels"], arrays["keras"], arrays["scratch"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        notes.append(f"{path.parent.name}/{path.name} could not be read ({error}) and was left out.")
        return None
    return predictions


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    if isinstance(value, list):
        return "-".join(_plain(item) for item in value)
    return str(value)


def _natural_order(path: Path) -> list[tuple[bool, int, str]]:
    parts = re.findall(r"\d+|\D+", path.name)
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
