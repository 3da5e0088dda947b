"""Sentences become three splits: train to learn from, validation to choose by, test to be tried on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from core.experiment.errors import DataUnavailableError, OptionError
from core.experiment.task import Dataset, Labels, Split
from text import nusax, ulasan
from text.options import DataOptions

ULASAN_SHARES = (0.6, 0.15)  # train and validation; the rest is the test split
ULASAN_SEED = 0
LIMIT_SEED = 0


def load_data(options: DataOptions) -> Dataset:
    """Load what the options name, or the bundled reviews if it cannot be had and `fallback` allows that."""
    if options.name == "ulasan":
        return bundled(options)
    try:
        return nusax_senti(options)
    except DataUnavailableError as error:
        if not options.fallback:
            raise DataUnavailableError(
                f"{error}; data.fallback=true would take the bundled reviews instead (data=ulasan)"
            ) from None
        return bundled(options, fallback=f"{error}. These are the bundled reviews, ulasan, instead.")


def nusax_senti(options: DataOptions) -> Dataset:
    """NusaX: the training splits of `languages`, one after the other; validation and test of `test_language` alone."""
    own = nusax.load_language(options.test_language)
    trained = [nusax.load_language(language).splits["train"] for language in options.languages]
    train = _joined([_part(split, options.train_limit) for split in trained])
    validation = _part(own.splits["validation"], options.validation_limit)
    test = _part(own.splits["test"], options.test_limit)
    note = f"Learnt from {', '.join(options.languages)}; validated and tested on {options.test_language}."
    return _dataset("nusax", nusax.CLASSES, (train, validation, test), own.source, note, None)


def bundled(options: DataOptions, fallback: str | None = None) -> Dataset:
    """Split the reviews that this package brings, each class in its share."""
    whole = ulasan.load_ulasan()
    order = stratified_order(whole.labels, np.random.default_rng(ULASAN_SEED))
    first = round(ULASAN_SHARES[0] * len(whole))
    second = first + round(ULASAN_SHARES[1] * len(whole))
    splits = (
        _part(_rows(whole, order[:first]), options.train_limit),
        _part(_rows(whole, order[first:second]), options.validation_limit),
        _part(_rows(whole, order[second:]), options.test_limit),
    )
    note = f"{len(whole)} reviews in Indonesian, which were written for this project."
    return _dataset("ulasan", ulasan.CLASSES, splits, ulasan.SOURCE, note, fallback)


def stratified_order(labels: Labels, generator: np.random.Generator) -> npt.NDArray[np.intp]:
    """Shuffle rows so that any stretch of the order holds every class in its share, to within one example; (n,) -> (n,)."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + generator.random()) / len(rows)
    return np.argsort(place, kind="stable")


def _part(split: Split, limit: int | None) -> Split:
    if limit is None or limit >= len(split):
        return split
    return _rows(split, np.sort(stratified_order(split.labels, np.random.default_rng(LIMIT_SEED))[:limit]))


def _rows(split: Split, rows: npt.NDArray[np.intp]) -> Split:
    return Split(split.inputs[rows], split.labels[rows])


def _joined(splits: Sequence[Split]) -> Split:
    return Split(np.concatenate([s.inputs for s in splits]), np.concatenate([s.labels for s in splits]))


def _dataset(
    name: str,
    classes: tuple[str, ...],
    splits: tuple[Split, Split, Split],
    source: str,
    note: str,
    fallback: str | None,
) -> Dataset:
    train, validation, test = splits
    if min(len(split) for split in splits) < len(classes):
        raise OptionError(f"data: a split needs at least {len(classes)} sentences, one for each class; raise its limit")
    return Dataset(name, classes, train, validation, test, source, note, fallback)
