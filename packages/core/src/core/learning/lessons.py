"""What a training learns from and is validated with: arrays or batches, checked before the first step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import flag
from core.errors import InputError
from core.learning.callbacks import Logs
from core.learning.course import Course
from core.learning.evaluation import scores_of
from core.learning.examples import Examples
from core.learning.feeds import ArrayFeed, Feed, StreamFeed, is_stream, whole_or_none
from core.learning.metrics import Tally, add, means
from core.learning.trainer import Trainer

#: Changes a batch of inputs at random, as augmentation of images does.
Augment = Callable[[Array, np.random.Generator], Array]


@dataclass
class TrainingData:
    """The options of `core.Model.fit` of these names, as the user gave them."""

    x: Any
    y: Any
    sample_weight: Any
    class_weight: Mapping[int, float] | None
    validation_split: float
    validation_data: Any
    batch_size: int | None
    steps_per_epoch: int | None
    validation_batch_size: int | None
    validation_steps: int | None
    shuffle: bool
    augment: Augment | None

    def __post_init__(self) -> None:
        flag(self.shuffle, "shuffle")
        for option in ("batch_size", "steps_per_epoch", "validation_batch_size", "validation_steps"):
            setattr(self, option, whole_or_none(getattr(self, option), option))
        if self.augment is not None and not callable(self.augment):
            raise InputError(
                f"augment must be a function of a batch of inputs and a random generator, got {self.augment!r}"
            )


class Lessons:
    """The batches that each epoch learns from, `feed`, and those that it is validated with, `held`.

    Raises `InputError` for data that do not fit: the first row of arrays, and for batches what is given beside them.
    """

    def __init__(self, trainer: Trainer, data: TrainingData, course: Course) -> None:
        self._trainer, self._data, self._course = trainer, data, course
        self.held: Feed | None = None
        held = data.validation_data
        self.feed: Feed
        if is_stream(data.x):
            self.feed = self._stream()
        else:
            examples = trainer.examples(data.x, data.y, data.sample_weight, data.class_weight)
            if data.validation_split and held is None:
                examples, held = examples.split(data.validation_split)
                if data.class_weight is not None:  # it is for learning only
                    held = replace(held, weights=[None])
            trainer.check(examples)
            self.feed = ArrayFeed(
                examples, data.batch_size, data.steps_per_epoch, shuffle=data.shuffle, seed=course.seed
            )
        if held is not None:
            self.held = self._validation(held)

    @property
    def names(self) -> list[str]:
        """The names of all scores."""
        names = self._trainer.objectives.names
        return names if self.held is None else [*names, *(f"val_{name}" for name in names)]

    def _stream(self) -> Feed:
        data = self._data
        beside = {"y": data.y, "batch_size": data.batch_size, "sample_weight": data.sample_weight}
        given = [name for name, value in beside.items() if value is not None]
        given += ["validation_split"] if data.validation_split else []
        if given:
            raise InputError(f"x gives batches: {', '.join(given)} cannot be given beside it")

        def read(x: Any, y: Any, weights: Any = None) -> Examples:
            return self._trainer.checked(x, y, weights, data.class_weight)

        return StreamFeed(data.x, data.steps_per_epoch, self._epochs, read, "x")

    def _validation(self, held: Any) -> Feed:
        steps = self._data.validation_steps
        if is_stream(held) and not isinstance(held, Examples):
            if self._epochs > 1 and hasattr(held, "__next__"):
                raise InputError("validation_data is an iterator, which can be gone through only once: give its arrays")
            return StreamFeed(held, steps, self._epochs, self._trainer.checked, "validation_data")
        if not isinstance(held, Examples) and (not isinstance(held, list | tuple) or len(held) not in {2, 3}):
            parts = f"{len(held)} parts" if isinstance(held, list | tuple) else type(held).__name__
            raise InputError(f"validation_data must be a pair (x, y), or (x, y, weights), got {parts}")
        try:
            examples = self._trainer.check(held) if isinstance(held, Examples) else self._trainer.checked(*held)
        except InputError as error:
            raise InputError(f"validation_data: {error}") from error
        size = self._data.validation_batch_size or self._data.batch_size
        return ArrayFeed(examples, size, steps, shuffle=False)

    @property
    def _epochs(self) -> int:
        return self._course.end - self._course.first

    def learn(self, epoch: int) -> Logs:
        """Learn from the batches of one epoch; return the means of its scores."""
        rng, augment, shown = self._course.generator(epoch), self._data.augment, self._course.progress
        tally, roots = Tally(), self._trainer.objectives.roots
        for batch in self.feed.epoch(epoch, rng):
            changed = batch if augment is None else replace(batch, x=augment(batch.x, rng))
            add(tally, self._trainer.learn(changed, rng)[1])
            if shown is not None:
                shown.step(means(tally, roots))
        return means(tally, roots)

    def validate(self) -> Logs:
        """Return the scores of what is held out, their names with ``val_`` in front; it begins anew in every epoch."""
        if self.held is None:
            return {}
        return {f"val_{name}": value for name, value in scores_of(self._trainer, self.held.epoch(0, None)).items()}
