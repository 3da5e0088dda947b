"""Training is a loop over epochs, and within each over batches in a new order; the seed and the epoch's number decide it all.

Whatever is drawn in an epoch comes from one generator made of the seed and the number of the epoch. So the same call gives
the same weights, and a training that goes on from a checkpoint gives those of one that was never interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import flag, integer
from core.errors import InputError
from core.graph.network import Network
from core.learning.callbacks import Callback, Logs, check_callbacks
from core.learning.checkpoint import Checkpoint
from core.learning.checkpoint_fields import settings_of
from core.learning.compiled import compiled
from core.learning.evaluation import scores_of
from core.learning.examples import Examples, check_examples, read_examples
from core.learning.feeds import ArrayFeed, Feed, StreamFeed, is_stream, whole_or_none
from core.learning.history import History
from core.learning.losses import Loss
from core.learning.metrics import Tally, add, means
from core.learning.optimizer import Optimizer
from core.learning.progress import Progress, progress_of
from core.learning.trainer import Trainer

#: Changes a batch of inputs at random, as augmentation of images does.
Augment = Callable[[Array, np.random.Generator], Array]


def fit(
    model: Network,
    x: Any = None,
    y: Any = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: int | str = "auto",
    callbacks: Callback | Sequence[Callback] | None = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: bool = True,
    class_weight: Mapping[int, float] | None = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    validation_steps: int | None = None,
    validation_batch_size: int | None = None,
    validation_freq: int | Sequence[int] = 1,
    *,
    optimizer: Optimizer | str | None = None,
    loss: Loss | str | Any = None,
    loss_weights: Any = None,
    metrics: Any = None,
    weighted_metrics: Any = None,
    augment: Augment | None = None,
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
    seed: int = 0,
    **unknown: Any,
) -> History:
    """Train a model; see `core.Model.fit`."""
    if unknown:
        raise InputError(
            f"fit has no option {', '.join(map(repr, unknown))}; {_ADVICE.get(next(iter(unknown)), _KNOWN)}"
        )
    epochs, first = integer(epochs, "epochs", minimum=0), integer(initial_epoch, "initial_epoch", minimum=0)
    seed, shuffle = integer(seed, "seed", minimum=0, maximum=2**63), flag(shuffle, "shuffle")
    sizes = {
        name: whole_or_none(value, name)
        for name, value in {
            "batch_size": batch_size, "validation_batch_size": validation_batch_size,
            "steps_per_epoch": steps_per_epoch, "validation_steps": validation_steps,
        }.items()
    }  # fmt: skip
    watching, shown, due = check_callbacks(callbacks), progress_of(verbose, progress), _due(validation_freq)
    words = compiled(model, loss, loss_weights, metrics, weighted_metrics, optimizer=optimizer)
    trainer = Trainer(model, words.objectives(model), words.optimizer)
    lessons = _Lessons(trainer, sizes, epochs - first, augment)
    if is_stream(x):
        lessons.read_stream(x, class_weight, y=y, batch_size=batch_size, sample_weight=sample_weight,
                            validation_split=validation_split or None)  # fmt: skip
    else:
        examples = read_examples(model, trainer.objectives, x, y, sample_weight, class_weight)
        if validation_split and validation_data is None:
            examples, validation_data = examples.split(validation_split)
        lessons.read_arrays(examples, shuffle=shuffle, seed=seed)
        if class_weight is not None and isinstance(validation_data, Examples):  # it is for learning only
            validation_data = replace(validation_data, weights=[None])
    lessons.read_validation(validation_data)
    for callback in watching:
        callback.begin(None if any(one.adds_scores for one in watching) else lessons.names)
    saved, scores, ended = None, dict[str, list[float]](), False
    if checkpoint is not None:
        settings = settings_of(
            trainer, watching, lessons.feed, lessons.held, seed=seed, shuffle=shuffle, first=first, augment=augment
        )
        saved = Checkpoint(checkpoint, trainer, watching, settings)
        if saved.path.exists():
            scores, ended = saved.load()
    model.compiled = words
    history = History(scores, first)
    left = range(first + len(history.epoch), 0 if ended else epochs)
    if shown is not None and left:
        shown.begin(epochs, lessons.feed.steps or 0)
    for epoch in left:
        logs = lessons.learn(epoch, seed, shown)
        logs |= lessons.validate() if due(epoch) else {}
        if _ends(trainer, watching, history, epoch, logs, shown, saved):
            break
    for callback in watching:
        callback.on_train_end(trainer)
    return history


def _ends(
    trainer: Trainer,
    watching: list[Callback],
    history: History,
    epoch: int,
    logs: Logs,
    shown: Progress | None,
    saved: Checkpoint | None,
) -> bool:
    """Tell everybody the scores of an epoch; return whether one of the callbacks ends the training."""
    verdicts = [callback.on_epoch_end(trainer, epoch, logs) for callback in watching]
    history.add(epoch, logs)
    if shown is not None:
        shown.epoch(epoch, logs)
    if saved is not None:
        saved.save(history, ended=any(verdicts))
    return any(verdicts)


_KNOWN = (
    "its options are those of keras.Model.fit and optimizer, loss, loss_weights, metrics, weighted_metrics, augment, \
checkpoint, progress, seed"
)
_ADVICE = {
    "nb_epoch": "it is called epochs",
    "lr": "give optimizer=core.learning.Adam(learning_rate=...)",
    "learning_rate": "give optimizer=core.learning.Adam(learning_rate=...)",
    **dict.fromkeys(("workers", "use_multiprocessing", "max_queue_size"), "batches are made one after the other"),
    **dict.fromkeys(("jit_compile", "run_eagerly", "steps_per_execution"), "nothing is compiled"),
}


class _Lessons:
    """What an epoch learns from, `feed`, and what it is validated with, `held`."""

    feed: Feed
    held: Feed | None = None

    def __init__(self, trainer: Trainer, sizes: Mapping[str, int | None], epochs: int, augment: Augment | None) -> None:
        if augment is not None and not callable(augment):
            raise InputError(f"augment must be a function of a batch of inputs and a random generator, got {augment!r}")
        self._trainer, self._sizes, self._epochs, self._augment = trainer, sizes, epochs, augment
        self._read = partial(read_examples, trainer.model, trainer.objectives)

    @property
    def names(self) -> list[str]:
        """The names of all scores."""
        names = self._trainer.objectives.names
        return names if self.held is None else [*names, *(f"val_{name}" for name in names)]

    def read_stream(self, x: Any, class_weight: Any, **others: Any) -> None:
        """Learn from batches that x gives. Raises `InputError` for what cannot be given beside them."""
        given = [name for name, value in others.items() if value is not None]
        if given:
            raise InputError(f"x gives batches: {', '.join(given)} cannot be given beside it")

        def read(x: Any, y: Any, weights: Any = None) -> Examples:
            return self._looked_at(self._read(x, y, weights, class_weight))

        self.feed = StreamFeed(x, self._sizes["steps_per_epoch"], self._epochs, read, "x")

    def read_arrays(self, examples: Examples, *, shuffle: bool, seed: int) -> None:
        """Learn from examples in memory. Raises `InputError` for the first row that does not fit."""
        self._looked_at(examples)
        sizes = self._sizes
        self.feed = ArrayFeed(examples, sizes["batch_size"], sizes["steps_per_epoch"], shuffle=shuffle, seed=seed)

    def read_validation(self, data: Any) -> None:
        """Take the data that each epoch ends with. Raises `InputError` where they do not fit."""
        if data is None:
            return
        steps = self._sizes["validation_steps"]
        if is_stream(data) and not isinstance(data, Examples):
            if self._epochs > 1 and hasattr(data, "__next__"):
                raise InputError("validation_data is an iterator, which can be gone through only once: give its arrays")

            def read(x: Any, y: Any, weights: Any = None) -> Examples:
                return self._looked_at(self._read(x, y, weights))

            self.held = StreamFeed(data, steps, self._epochs, read, "validation_data")
            return
        if not isinstance(data, Examples) and (not isinstance(data, list | tuple) or len(data) not in {2, 3}):
            parts = f"{len(data)} parts" if isinstance(data, list | tuple) else type(data).__name__
            raise InputError(f"validation_data must be a pair (x, y), or (x, y, weights), got {parts}")
        try:
            examples = self._looked_at(data if isinstance(data, Examples) else self._read(*data))
        except InputError as error:
            raise InputError(f"validation_data: {error}") from error
        size = self._sizes["validation_batch_size"] or self._sizes["batch_size"]
        self.held = ArrayFeed(examples, size, steps, shuffle=False)

    def _looked_at(self, examples: Examples) -> Examples:
        check_examples(self._trainer.model, self._trainer.objectives, examples)
        return examples

    def learn(self, epoch: int, seed: int, shown: Progress | None) -> Logs:
        """Learn from the batches of one epoch; return the means of its scores."""
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))  # no other draws from its stream
        tally, roots = Tally(), self._trainer.objectives.roots
        for batch in self.feed.epoch(epoch, rng):
            changed = batch if self._augment is None else replace(batch, x=self._augment(batch.x, rng))
            add(tally, self._trainer.learn(changed, rng)[1])
            if shown is not None:
                shown.step(means(tally, roots))
        return means(tally, roots)

    def validate(self) -> Logs:
        """Return the scores of what is held out, their names with ``val_`` in front; it begins anew in every epoch."""
        if self.held is None:
            return {}
        return {f"val_{name}": value for name, value in scores_of(self._trainer, self.held.epoch(0, None)).items()}


def _due(frequency: Any) -> Callable[[int], bool]:
    """Return whether an epoch, counted from 0, ends with validation: every so many, or those listed, counted from 1."""
    if isinstance(frequency, list | tuple | set):
        listed = {integer(one, "validation_freq") for one in frequency}
        return lambda epoch: epoch + 1 in listed
    every = integer(frequency, "validation_freq")
    return lambda epoch: (epoch + 1) % every == 0
