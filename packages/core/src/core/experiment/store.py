"""A trained run is kept under a key made of everything that determines it, so that it is trained once and found ever after.

The key: the numbers of the content and of the recipe, the model's and the training's options, the data's fingerprint, the
seed, and the versions of TensorFlow and Keras. Not in it: the name of the experiment, the folder, the commit.

Every training has a folder of its own below that of its key, which appears whole and never changes. A forced one does not
touch the one before, so a process that is killed leaves the old run or the new one, and whoever reads one goes on reading it.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from core.errors import InputError
from core.experiment.cache import cache_folder, whole_folder
from core.experiment.data.fingerprint import fingerprint_of_record
from core.experiment.reading import read_json, read_kept, read_kept_arrays
from core.experiment.records import HISTORY, KEPT, History, KeptFacts
from core.experiment.task import Dataset, Settings, Task

Key = dict[str, Any]

#: The number of Kaca's own training, to be raised when it comes to give other weights.
SCRATCH = "scratch 3"
#: The file with the facts of a run, and those beside it.
FACTS = "run.json"
FILES = ("model.keras", "history.json", "probabilities.npy", "probabilities_float64.npy", "activations.npz")
#: How many trainings of one key are kept: somebody may still be reading the one before the newest.
KEPT_TRAININGS = 2
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
    def facts(self) -> KeptFacts:
        """The key, timings, parameters, layers, date and hardware of the training."""
        return read_json(self.folder / FACTS, KEPT)

    @property
    def history(self) -> History:
        """Loss and metrics, one value an epoch."""
        return read_json(self.folder / "history.json", HISTORY)

    @property
    def probabilities(self) -> npt.NDArray[np.float32]:
        """What Keras predicts for the whole test split; (n, classes)."""
        return np.asarray(read_kept(self.folder / "probabilities.npy"), np.float32)

    @property
    def float64_probabilities(self) -> npt.NDArray[np.float64]:
        """What Keras predicts in float64 for the first rows of the test split; (rows, classes)."""
        return np.asarray(read_kept(self.folder / "probabilities_float64.npy"), np.float64)

    @property
    def activations(self) -> dict[str, npt.NDArray[Any]]:
        """What every layer of Keras' model gives for the first rows of the test split."""
        return read_kept_arrays(self.folder / "activations.npz")

    def is_whole(self, key: Key) -> bool:
        """Whether this is the run of a key and all its files are there, as long as they were written."""
        try:
            facts = self.facts
            sizes = facts.files if facts.files is not None else dict.fromkeys(FILES)
            return facts.key == key and all(
                (self.folder / name).is_file() and size in (None, (self.folder / name).stat().st_size)
                for name, size in sizes.items()
            )
        except (InputError, OSError):
            return False


def key_of(task: Task, settings: Settings, dataset: Dataset) -> Key:
    """Gather everything that determines a trained run."""
    return {
        "package": task.package,
        "content": CONTENT,
        "recipe": task.recipe,
        "model": asdict(settings.model),
        "train": asdict(settings.train),
        "data": dataset.fingerprint,
        "seed": settings.seed,
        "tensorflow": version("tensorflow"),
        "keras": version("keras"),
    } | ({"trainer": SCRATCH} if settings.trainer == "scratch" else {})


def find(key: Key) -> KeptRun | None:
    """Return the newest run of this key, or None; one whose own key differs, or that is damaged, does not match."""
    wanted = json.loads(json.dumps(key))
    return next((run for run in _runs(_folder_of(key)) if run.is_whole(wanted)), None)


def keep(key: Key, fill: Callable[[Path], dict[str, Any]]) -> KeptRun:
    """Let `fill` train into a temporary folder and return its facts; only then does the run exist under its key."""
    home = _folder_of(key)
    run = KeptRun(home / f"{time.time_ns():020d}-{secrets.token_hex(4)}")
    with whole_folder(run.folder) as folder:
        about = fill(folder)
        files = {path.name: path.stat().st_size for path in folder.iterdir()}
        record = json.dumps({"key": key, "files": files, **about}, indent=2)
        (folder / FACTS).write_text(record, encoding="utf-8")
    for old in _runs(home)[KEPT_TRAININGS:]:
        _remove(old)
    return run


def _runs(home: Path) -> list[KeptRun]:
    """Return the trainings of a key, the newest first; one that lies in the key's own folder is from an older Kaca."""
    try:
        names = sorted((path.name for path in home.iterdir() if path.is_dir()), reverse=True)
    except OSError:
        return []
    runs = [KeptRun(home / name) for name in names if not name.startswith(".")]
    return [*runs, KeptRun(home)] if (home / FACTS).is_file() else runs


def _remove(run: KeptRun) -> None:
    """Remove a training, first the file without which it is none."""
    with suppress(OSError):
        (run.folder / FACTS).unlink(missing_ok=True)
        for name in FILES:
            (run.folder / name).unlink(missing_ok=True)
        run.folder.rmdir()


def _folder_of(key: Key) -> Path:
    return cache_folder() / "runs" / str(key["package"]) / fingerprint_of_record(key)
