"""A trained run is kept under a key made of everything that determines it, so that it is trained once and found ever after.

The key: the numbers of the content and of the recipe, the model's and the training's options, the data's fingerprint, the
seed, and the versions of TensorFlow and Keras. Not in it: the name of the experiment, the folder, the commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.experiment.cache import cache_folder, whole_folder
from core.experiment.fingerprint import fingerprint_of_record
from core.experiment.task import Dataset, Settings, Task

Key = dict[str, Any]

#: The number of Kaca's own training, to be raised when it comes to give other weights.
SCRATCH = "scratch 3"
CONTENT = 2  # raised when a kept run comes to hold more, so that older ones are trained anew


@dataclass(frozen=True)
class KeptRun:
    """A folder with all that Keras left behind: the model, its history, and what it says about the test split."""

    folder: Path

    @property
    def model_file(self) -> Path:
        """The saved model, whole."""
        return self.folder / "model.keras"

    @property
    def about(self) -> dict[str, Any]:
        """The key, timings, parameters, layers, date and hardware of the training."""
        return dict(json.loads((self.folder / "run.json").read_text(encoding="utf-8")))

    @property
    def history(self) -> dict[str, list[float]]:
        """Loss and metrics, one value an epoch."""
        return dict(json.loads((self.folder / "history.json").read_text(encoding="utf-8")))

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """What Keras predicts for the whole test split; (n, classes)."""
        return np.asarray(np.load(self.folder / "probabilities.npy"), np.float32)

    @property
    def exact_probabilities(self) -> npt.NDArray[np.float64]:
        """What Keras predicts in float64 for the first rows of the test split; (rows, classes)."""
        return np.asarray(np.load(self.folder / "probabilities_float64.npy"), np.float64)

    @property
    def activations(self) -> dict[str, npt.NDArray[Any]]:
        """What every layer of Keras' model gives for the first rows of the test split."""
        with np.load(self.folder / "activations.npz") as arrays:
            return {name: arrays[name] for name in arrays.files}


def key_of(task: Task, settings: Settings, dataset: Dataset, seed: int) -> Key:
    """Gather everything that determines a trained run."""
    return {
        "package": task.package,
        "content": CONTENT,
        "recipe": task.recipe,
        "model": asdict(settings.model),
        "train": asdict(settings.train),
        "data": dataset.fingerprint,
        "seed": seed,
        "tensorflow": version("tensorflow"),
        "keras": version("keras"),
    } | ({"trainer": SCRATCH} if settings.trainer == "scratch" else {})


def find(key: Key) -> KeptRun | None:
    """Find the run of this key, or None; a folder whose own key differs is no match."""
    run = KeptRun(_folder_of(key))
    if not (run.folder / "run.json").is_file():
        return None
    return run if run.about["key"] == json.loads(json.dumps(key)) else None


def keep(key: Key, fill: Callable[[Path], dict[str, Any]]) -> KeptRun:
    """Let `fill` train into a temporary folder and return its facts; only then does the run exist under its key."""
    target = _folder_of(key)
    with whole_folder(target) as folder:
        about = fill(folder)
        (folder / "run.json").write_text(json.dumps({"key": key, **about}, indent=2), encoding="utf-8")
    return KeptRun(target)


def _folder_of(key: Key) -> Path:
    return cache_folder() / "runs" / str(key["package"]) / fingerprint_of_record(key)
