"""The fields of a checkpoint that are not arrays: what it belongs to, and how far it is; one table checks each of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from core.errors import InputError, ModelFileError
from core.layers.trainable import parameters
from core.learning.course import Course
from core.learning.feeds import ArrayFeed
from core.learning.lessons import Lessons, TrainingData
from core.learning.trainer import Trainer

#: The layout of the file; one of another layout is refused.
VERSION = 2


@dataclass(frozen=True)
class Settings:
    """What decides how a training goes on: the same settings and the same state give the same next epoch."""

    seed: int
    shuffle: bool
    initial_epoch: int
    batch_size: int | None
    steps: int | None
    loss: list[Any]
    metrics: list[str]
    optimizer: dict[str, Any]
    parameters: list[Any]
    callbacks: list[str]
    augment: str | None
    data: str | None
    validation: str | None

    def compare(self, written: dict[str, Any], path: str) -> None:
        """Raise `InputError` where a checkpoint was written by another training."""
        for name, value in json.loads(json.dumps(asdict(self))).items():
            if written.get(name) != value:
                shown = [_short(written.get(name)), _short(value)]
                raise InputError(
                    f"{path} belongs to another training: its {name} is {shown[0]}, here it is {shown[1]}; "
                    "delete the file to begin anew"
                )


@dataclass(frozen=True)
class About:
    """The text of a checkpoint."""

    settings: Any
    history: dict[str, list[float]]
    iterations: int
    learning_rate: float | None
    ended: bool
    version: int = VERSION

    def encode(self) -> bytes:
        """Write it as JSON."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def decode(cls, text: bytes) -> Self:
        """Read it. Raises `ModelFileError` naming the field that is missing or is not what it must be."""
        try:
            given = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise ModelFileError(f"its text is not JSON: {error}") from error
        if not isinstance(given, dict):
            raise ModelFileError("its text is not a JSON object")
        for field in fields(cls):
            if field.name not in given:
                raise ModelFileError(f"it lacks the field {field.name!r}")
            if not _CHECKS[field.name](given[field.name]):
                raise ModelFileError(f"its field {field.name!r} is {str(given[field.name])[:100]!r}")
        unknown = set(given) - {field.name for field in fields(cls)}
        if unknown:
            raise ModelFileError(f"it has the unknown fields {sorted(unknown)[:5]}")
        return cls(**given)


def settings_of(trainer: Trainer, lessons: Lessons, data: TrainingData, course: Course) -> Settings:
    """Return the settings of a training. Raises `InputError` for data that cannot be gone through again."""
    feed, augment = lessons.feed, data.augment
    if not isinstance(feed, ArrayFeed) and not getattr(feed, "repeats", False):
        raise InputError(
            "checkpoint needs data that every epoch goes through from the beginning: arrays, or an object with __iter__, "
            "without steps_per_epoch"
        )
    objectives = trainer.objectives.each
    return Settings(
        seed=course.seed,
        shuffle=data.shuffle,
        initial_epoch=course.first,
        batch_size=feed.batch_size if isinstance(feed, ArrayFeed) else None,
        steps=feed.steps,
        loss=[None if one.loss is None else [describe(one.loss), one.weight] for one in objectives],
        metrics=trainer.objectives.names,
        optimizer=describe(trainer.optimizer, without=("iterations", "memory", "_owners")),
        parameters=[[*one.shape, one.trainable] for one in parameters(trainer.model)],
        callbacks=[type(callback).__name__ for callback in course.callbacks],
        augment=None if augment is None else str(getattr(augment, "__qualname__", type(augment).__name__)),
        data=feed.fingerprint(),
        validation=None if lessons.held is None else lessons.held.fingerprint(),
    )


def describe(thing: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the class and the options of a loss or an optimizer, for comparison."""
    options = {name: value for name, value in vars(thing).items() if name not in without}
    plain = {
        name: value if isinstance(value, int | float | str | None) else repr(value) for name, value in options.items()
    }
    return {"class": type(thing).__name__, **plain}


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]} ..."


def _count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _rate(value: Any) -> bool:
    return value is None or (
        isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    )


def _history(value: Any) -> bool:
    if not isinstance(value, dict) or not value.get("loss"):
        return False
    lists = list(value.values())
    return all(
        isinstance(one, list)
        and all(isinstance(number, int | float) and not isinstance(number, bool) for number in one)
        and len(one) <= len(value["loss"])
        for one in lists
    )


_CHECKS: dict[str, Callable[[Any], bool]] = {
    "settings": lambda value: isinstance(value, dict),
    "history": _history,
    "iterations": _count,
    "learning_rate": _rate,
    "ended": lambda value: isinstance(value, bool),
    "version": lambda value: value == VERSION and not isinstance(value, bool),
}
