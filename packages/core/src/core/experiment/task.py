"""What the harness must know about a trainer: its options, its data, its network, and how to show one example.

The harness itself knows nothing of images or sentences; `vision` and `text` each bring one `Task`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from core.arrays import Array
from core.experiment.data.fingerprint import fingerprint
from core.experiment.errors import OptionError

if TYPE_CHECKING:
    import keras

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Split:
    """Examples (n, ...) as a user would give them, and their classes (n,)."""

    inputs: Array
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: npt.NDArray[np.intp]) -> Split:
        """Return the examples at these positions, in their order."""
        return Split(np.ascontiguousarray(self.inputs[rows]), np.ascontiguousarray(self.labels[rows]))


@dataclass(frozen=True)
class Dataset:
    """Three splits and where they come from; `fallback` says in a sentence why this is not the data that was asked for.

    Raises `OptionError` where a split is smaller than the number of classes.
    """

    name: str
    classes: tuple[str, ...]
    train: Split
    validation: Split
    test: Split
    source: str
    note: str
    fallback: str | None = None

    def __post_init__(self) -> None:
        if min(map(len, self.splits)) < len(self.classes):
            raise OptionError(
                f"data: a split needs at least {len(self.classes)} examples, one for each class; raise its limit"
            )

    @property
    def splits(self) -> tuple[Split, Split, Split]:
        """Training, validation and test split."""
        return self.train, self.validation, self.test

    @cached_property
    def fingerprint(self) -> str:
        """A hash of every example and label of the three splits."""
        return fingerprint(*(array for split in self.splits for array in (split.inputs, split.labels)))


@dataclass(frozen=True)
class Settings:
    """The checked options of one job: the records of a task, of which `train` is a TrainOptions or extends it.

    `force` trains anew what was trained before; `trainer` says who trains: "keras", or "scratch" for Kaca itself.
    """

    model: Any
    train: Any
    data: Any
    seed: int = 0
    force: bool = False
    trainer: str = "keras"


@dataclass(frozen=True)
class KerasModels:
    """A Keras model that is saved, and the one that is fitted: the same, or one that shares its weights and takes encoded inputs.

    `encode` turns a split's inputs into what `trained` takes; Kaca gets the inputs as they are.
    """

    saved: keras.Model
    trained: keras.Model
    encode: Callable[[Array], Array]


class Task(Protocol):
    """A trainer, as a package brings it."""

    @property
    def package(self) -> str:
        """The package's import name, which also names its folder in `experiments/`."""

    @property
    def recipe(self) -> int:
        """A number to raise when the same options come to mean another network: kept runs are then trained anew."""

    @property
    def options(self) -> Mapping[str, type[Any]]:
        """The records of the sections `model`, `train` and `data` of the config."""

    def load_data(self, settings: Settings) -> Dataset:
        """Load the three splits without importing TensorFlow; raises DataUnavailableError."""

    def build(self, settings: Settings, dataset: Dataset) -> KerasModels:
        """Build the untrained network; the only method that may import Keras."""

    def show(self, dataset: Dataset, row: int) -> dict[str, Any]:
        """Return what a report needs to show one test example: `kind` and `image_png` or `text`."""
