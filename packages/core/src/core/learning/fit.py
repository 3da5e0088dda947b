"""Training is a loop over epochs, and within each over batches in a new order; the seed and the epoch's number decide it all.

Whatever is drawn in an epoch comes from one generator made of the seed and the number of the epoch. So the same call gives
the same weights, and a training that goes on from a checkpoint gives those of one that was never interrupted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.graph import leaves, map_nest
from core.learning.callbacks import Callback, Logs, check_callbacks
from core.learning.checkpoint import History, load_checkpoint, save_checkpoint
from core.learning.losses import Loss
from core.learning.optimizers import Optimizer
from core.learning.parameters import parameters
from core.learning.progress import Progress
from core.learning.trainer import Trainer
from core.model import Model
from core.options import flag, integer

#: Changes a batch of inputs at random, as augmentation of images does.
Augment = Callable[[Array, np.random.Generator], Array]


@dataclass(frozen=True)
class _Examples:
    """Inputs (a nest of arrays), truths, and how much each example counts."""

    x: Any
    y: Array
    weights: Array | None = None

    def __len__(self) -> int:
        return len(self.y)

    def batches(self, order: Array, size: int) -> Iterator[_Examples]:
        """Cut the examples, in this order, in batches."""
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            weights = None if self.weights is None else self.weights[rows]
            yield _Examples(map_nest(partial(_take, rows), self.x), self.y[rows], weights)


def fit(
    model: Model,
    x: Any,
    y: Any,
    *,
    loss: Loss | str = "sparse_categorical_crossentropy",
    optimizer: Optimizer | str = "adam",
    epochs: int = 1,
    batch_size: int = 32,
    validation_data: Sequence[Any] | None = None,
    sample_weight: Any = None,
    class_weight: Mapping[int, float] | None = None,
    shuffle: bool = True,
    augment: Augment | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | Path | None = None,
    progress: Progress | None = None,
    seed: int = 0,
) -> History:
    """Train a model; return loss and accuracy, and those of `validation_data` (x, y), one value an epoch.

    `sample_weight` (n,) or `class_weight` {class: weight} says how much an example counts. `checkpoint` is a file that is
    written after every epoch; where it is there already, training goes on from it. Raises `InputError` for data that does
    not fit, `DivergedError` where the loss becomes NaN or infinite, `UnsupportedLayerError` for what cannot be trained.
    """
    epochs, batch_size = integer(epochs, "epochs"), integer(batch_size, "batch_size")
    examples = _examples(x, y, _weights(y, sample_weight, class_weight))
    held_out = None if validation_data is None else _examples(*_pair(validation_data), None)
    trainer, watching = Trainer(model, loss, optimizer), check_callbacks(callbacks)
    settings = {
        "seed": integer(seed, "seed", minimum=0, maximum=2**63),
        "batch_size": batch_size,
        "shuffle": flag(shuffle, "shuffle"),
        "examples": len(examples),
        "loss": _describe(trainer.loss),
        "optimizer": _describe(trainer.optimizer, without=("iterations", "memory")),
        "parameters": [[*parameter.shape] for parameter in parameters(model)],
        "callbacks": [type(callback).__name__ for callback in watching],
    }
    history: History = {}
    ended = False
    if checkpoint is not None and Path(checkpoint).exists():
        history, ended = load_checkpoint(Path(checkpoint), trainer, watching, settings)
    if progress is not None:
        progress.begin(epochs, -(-len(examples) // batch_size))
    for epoch in range(len(history.get("loss", ())), 0 if ended else epochs):
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(epoch,)))  # no other draws from its stream
        order = rng.permutation(len(examples)) if shuffle else np.arange(len(examples))
        logs = _train(trainer, examples.batches(order, batch_size), rng, augment, progress)
        if held_out is not None:
            scores = _evaluate(trainer, held_out, batch_size)
            logs |= {f"val_{name}": value for name, value in scores.items()}
        verdicts = [callback.on_epoch_end(trainer, epoch, logs) for callback in watching]
        ended = any(verdicts)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        if progress is not None:
            progress.epoch(epoch, logs)
        if checkpoint is not None:
            save_checkpoint(Path(checkpoint), trainer, watching, history, settings, ended)
        if ended:
            break
    for callback in watching:
        callback.on_train_end(trainer)
    return history


def _take(rows: Array, leaf: Array) -> Array:
    return leaf[rows]


class _Mean:
    """The mean of scores over batches, each by its number of examples."""

    def __init__(self) -> None:
        self.totals: dict[str, float] = {}
        self.count = 0

    def add(self, loss: float, right: float | None, rows: int) -> None:
        """Take in one batch."""
        scores = {"loss": loss} | ({} if right is None else {"accuracy": right})
        self.count += rows
        for name, value in scores.items():
            self.totals[name] = self.totals.get(name, 0.0) + value * rows

    def logs(self) -> Logs:
        """Give the means so far."""
        return {name: total / self.count for name, total in self.totals.items()}


def _train(
    trainer: Trainer,
    batches: Iterator[_Examples],
    rng: np.random.Generator,
    augment: Augment | None,
    progress: Progress | None,
) -> Logs:
    mean = _Mean()
    for batch in batches:
        x = batch.x if augment is None else augment(batch.x, rng)
        mean.add(*trainer.step(x, batch.y, batch.weights, rng=rng), len(batch))
        if progress is not None:
            progress.step(mean.logs())
    return mean.logs()


def _evaluate(trainer: Trainer, examples: _Examples, batch_size: int) -> Logs:
    mean = _Mean()
    for batch in examples.batches(np.arange(len(examples)), batch_size):
        mean.add(*trainer.evaluate(batch.x, batch.y), len(batch))
    return mean.logs()


def _examples(x: Any, y: Any, weights: Array | None) -> _Examples:
    arrays = map_nest(np.asarray, x) if isinstance(x, dict | tuple) or _is_list_of_arrays(x) else np.asarray(x)
    truths = np.asarray(y)
    if not len(truths) or any(len(leaf) != len(truths) for leaf in leaves(arrays)):
        raise InputError(f"x and y must have as many rows, at least one; y has {len(truths)}")
    return _Examples(arrays, truths, weights)


def _is_list_of_arrays(x: Any) -> bool:
    return isinstance(x, list) and bool(x) and isinstance(x[0], np.ndarray)


def _pair(data: Sequence[Any]) -> tuple[Any, Any]:
    if len(data) != 2:
        raise InputError(f"validation_data must be a pair (x, y), got {len(data)} parts")
    return data[0], data[1]


def _weights(y: Any, sample_weight: Any, class_weight: Mapping[int, float] | None) -> Array | None:
    if class_weight is None:
        return None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64)
    if sample_weight is not None:
        raise InputError("give only one of sample_weight and class_weight")
    truths = np.asarray(y)
    classes = truths.argmax(axis=-1) if truths.ndim == 2 and truths.shape[1] > 1 else truths.reshape(len(truths))
    return np.array([float(class_weight.get(int(number), 1.0)) for number in classes])


def _describe(thing: Any, without: tuple[str, ...] = ()) -> dict[str, Any]:
    """Give the class and the options of a loss or an optimiser, for comparison."""
    options = {name: value for name, value in vars(thing).items() if name not in without}
    plain = {
        name: value if isinstance(value, int | float | str | None) else repr(value) for name, value in options.items()
    }
    return {"class": type(thing).__name__, **plain}
