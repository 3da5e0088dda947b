"""Metrics are means over examples of what each one scores; they are kept as a total and a count, so that batches add up.

Names and counting are Keras': a masked step does not count, `accuracy` looks at the shapes and compares classes, or for one
unit whether it exceeds one half. Source: https://keras.io/api/metrics/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.layers.names import snake_case
from core.learning.losses import numbers_of_classes, with_axes_of
from core.learning.named import LOSS_NAMES, LOSSES, SHORT_NAMES, find_loss
from core.learning.weighting import aligned

#: Sums over the batches so far by the name of the score: what was added up, and over how much.
Tally = dict[str, tuple[float, float]]
#: (y, output) -> the score of each example, (batch, ...).
Score = Callable[[Array, Array], Array]
#: (y, output, what each example counts) -> total and count.
Count = Callable[[Array, Array, "Array | None"], tuple[float, float]]


@dataclass(frozen=True)
class Metric:
    """A score with the name under which it is reported; `root` where the mean is under a square root."""

    name: str
    count: Count
    root: bool = False
    #: Whether masked steps do not count; precision, recall and root mean squared error take no notice of masks, in Keras too.
    masks: bool = True


def add(tally: Tally, more: Tally) -> None:
    """Add the sums of one batch to those of the batches before."""
    for name, (total, count) in more.items():
        before = tally.get(name, (0.0, 0.0))
        tally[name] = before[0] + total, before[1] + count


def means(tally: Tally, roots: frozenset[str] = frozenset()) -> dict[str, float]:
    """Return each total over its count, 0 where nothing counted."""
    found = {name: total / count if count else 0.0 for name, (total, count) in tally.items()}
    return {name: value**0.5 if name in roots else value for name, value in found.items()}


def mean_of(score: Score) -> Count:
    """Average a score as Keras does: over the steps of an example first, then over the examples."""

    def count(y: Array, output: Array, weights: Array | None) -> tuple[float, float]:
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            values = np.asarray(score(y, output), dtype=np.float64)
        if weights is None:
            examples = values.reshape(len(values), -1).mean(axis=1) if values.ndim else values.reshape(1)
            return float(examples.sum()), float(len(examples))
        values, weights = aligned(values, weights)
        values = values.mean(axis=tuple(range(weights.ndim, values.ndim)))
        weights = np.broadcast_to(weights, values.shape)
        return float((values * weights).sum() * len(values) / values.size), float(
            weights.sum() * len(weights) / weights.size
        )

    return count


def accuracy(y: Array, output: Array) -> Array:
    """Compare as the shapes say: one unit with one half, numbers of classes or columns of classes with the largest."""
    if output.shape[-1] == 1:
        return binary_accuracy(y, output)
    if y.ndim < output.ndim or y.shape[-1] == 1:
        return sparse_categorical_accuracy(y, output)
    return categorical_accuracy(y, output)


def binary_accuracy(y: Array, output: Array) -> Array:
    """Return whether each unit is on the side of one half where y is."""
    y = _of_shape(y, output)
    return (output > 0.5) == y


def categorical_accuracy(y: Array, output: Array) -> Array:
    """Return whether the largest column of the output is that of y."""
    return _of_shape(y, output).argmax(axis=-1) == output.argmax(axis=-1)


def sparse_categorical_accuracy(y: Array, output: Array) -> Array:
    """Return whether the largest column of the output is number y."""
    return _numbers(y, output) == output.argmax(axis=-1)


def top_k_categorical_accuracy(y: Array, output: Array) -> Array:
    """Return whether the column of y is among the five largest of the output."""
    return _among_largest(_of_shape(y, output).argmax(axis=-1), output)


def sparse_top_k_categorical_accuracy(y: Array, output: Array) -> Array:
    """Return whether column y is among the five largest of the output."""
    return _among_largest(_numbers(y, output).astype(np.intp), output)


def _among_largest(classes: Array, output: Array, k: int = 5) -> Array:
    """Return whether a class is among the `k` largest; ties count for it, as in TensorFlow's `in_top_k`."""
    own = np.take_along_axis(output, classes[..., None], axis=-1)
    return (output > own).sum(axis=-1) < k


def _precision(y: Array, output: Array, weights: Array | None) -> tuple[float, float]:
    """Count the right positives, and what the output calls positive."""
    right, positive, _ = _positives(y, output, weights)
    return right, positive


def _recall(y: Array, output: Array, weights: Array | None) -> tuple[float, float]:
    """Count the right positives, and what is positive."""
    right, _, true = _positives(y, output, weights)
    return right, true


def _positives(y: Array, output: Array, weights: Array | None) -> tuple[float, float, float]:
    truth, said = _of_shape(y, output).astype(bool), output > 0.5
    count = np.ones(output.shape)
    if weights is not None:
        count = count * weights.reshape(weights.shape + (1,) * (output.ndim - weights.ndim))
    return float(count[truth & said].sum()), float(count[said].sum()), float(count[truth].sum())


def _of_shape(y: Array, output: Array) -> Array:
    """Return y in the shape of the output. Raises `InputError`."""
    y = with_axes_of(output, y)
    if y.shape != output.shape:
        raise InputError(f"a metric compares arrays of one shape: y is {y.shape}, the output {output.shape}")
    return y


def _numbers(y: Array, output: Array) -> Array:
    """Return y as a number for each row of the output. Raises `InputError`."""
    y = numbers_of_classes(y, output)
    if y.shape != output.shape[:-1]:
        raise InputError(f"a metric expects a class for each of {output.shape[:-1]}, y is {y.shape}")
    return y


def _loss(name: str) -> Score:
    loss, sign = find_loss(name), -1 if LOSS_NAMES[name] == "cosine_similarity" else 1
    return lambda y, output: sign * loss.values(loss.check(y, output), output)[0]


def _squares(y: Array, output: Array) -> Array:
    return np.square(output - _of_shape(y, output))


_SCORES: dict[str, Score] = {"accuracy": accuracy, "acc": accuracy}
_SCORES |= {
    score.__name__: score
    for score in (
        binary_accuracy, categorical_accuracy, sparse_categorical_accuracy, top_k_categorical_accuracy,
        sparse_top_k_categorical_accuracy,
    )
}  # fmt: skip
_COUNTS: dict[str, Count] = {"precision": _precision, "recall": _recall}
_ROOT = "root_mean_squared_error"
#: The names that errors list, which Keras has too: of the short ones those of means.
METRIC_NAMES = (*_SCORES, *_COUNTS, _ROOT, *LOSSES, *(short for short in SHORT_NAMES if short.startswith("m")))


def find_metric(given: Any) -> Metric:
    """Return the metric of that name, or of a function (y, output) -> scores of the examples."""
    if isinstance(given, Metric):
        return given
    if callable(given) and hasattr(given, "__name__"):
        return Metric(given.__name__, mean_of(given))
    if isinstance(given, str):
        plain = snake_case(given) if given.isidentifier() else given
        if plain in _SCORES:
            return Metric(given, mean_of(_SCORES[plain]))
        if plain in _COUNTS:
            return Metric(given, _COUNTS[plain], masks=False)
        if plain == _ROOT:
            return Metric(given, mean_of(_squares), root=True, masks=False)
        if given in LOSS_NAMES:
            return Metric(given, mean_of(_loss(given)))
    raise InputError(f"metrics must be of {', '.join(METRIC_NAMES)}, or functions of y and output, got {given!r}")
