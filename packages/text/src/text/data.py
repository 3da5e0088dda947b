"""Sentences become three splits: train to learn from, validation to choose by, test to be tried on."""

from __future__ import annotations

import numpy as np

from core.experiment.data.splits import load_or_fall_back, stratified_order
from core.experiment.task import Dataset, Split
from text import nusax, ulasan
from text.options import TextDataOptions

ULASAN_SHARES = (0.6, 0.15)  # train and validation; the rest is the test split
ULASAN_SEED = 0
LIMIT_SEED = 0


def load_data(options: TextDataOptions) -> Dataset:
    """Load what the options name, or the bundled reviews if it cannot be had and `fallback` allows that."""
    if options.name == "ulasan":
        return bundled(options)
    return load_or_fall_back(options, nusax_senti, bundled, "the bundled reviews, ulasan,")


def nusax_senti(options: TextDataOptions) -> Dataset:
    """NusaX: the training splits of `languages`, one after the other; validation and test of `test_language` alone."""
    own = nusax.load_language(options.test_language)
    languages = [nusax.load_language(language).splits["train"] for language in options.languages]
    parts = [_part(split, options.train_limit) for split in languages]
    train = Split(np.concatenate([part.inputs for part in parts]), np.concatenate([part.labels for part in parts]))
    validation = _part(own.splits["validation"], options.validation_limit)
    test = _part(own.splits["test"], options.test_limit)
    note = f"Learnt from {', '.join(options.languages)}; validated and tested on {options.test_language}."
    return Dataset("nusax", nusax.CLASSES, train, validation, test, own.source, note)


def bundled(options: TextDataOptions) -> Dataset:
    """Split the reviews that this package brings, each class in its share."""
    whole = ulasan.load_ulasan()
    order = stratified_order(whole.labels, np.random.default_rng(ULASAN_SEED))
    first = round(ULASAN_SHARES[0] * len(whole))
    second = first + round(ULASAN_SHARES[1] * len(whole))
    train = _part(whole.take(order[:first]), options.train_limit)
    validation = _part(whole.take(order[first:second]), options.validation_limit)
    test = _part(whole.take(order[second:]), options.test_limit)
    note = f"{len(whole)} reviews in Indonesian, which were written for this project."
    return Dataset("ulasan", ulasan.CLASSES, train, validation, test, ulasan.SOURCE, note)


def _part(split: Split, limit: int | None) -> Split:
    if limit is None or limit >= len(split):
        return split
    return split.take(np.sort(stratified_order(split.labels, np.random.default_rng(LIMIT_SEED))[:limit]))
