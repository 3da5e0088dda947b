"""Images become three splits that share no image: train, validation and test, each class in its share (stratified, seeded)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.datasets import load_digits

from core.experiment.errors import DataUnavailableError, OptionError
from core.experiment.task import Dataset, Labels, Split
from vision.cifar10 import CLASSES, load_cifar10
from vision.options import DataOptions

CIFAR10_TRAIN = 40_000  # of the official 50,000; the other 10,000 are the validation split
DIGITS_TRAIN, DIGITS_VALIDATION = 1_197, 300  # of 1,797; the other 300 are the test split
ENLARGEMENT = 4  # digits come as 8x8 pixels and become 32x32
DIGITS_WHITE = 16  # the largest value of a pixel in scikit-learn's digits


def load_data(options: DataOptions) -> Dataset:
    """Load what the options name, or the bundled digits if it cannot be had and `fallback` allows that."""
    if options.name == "digits":
        return digits(options)
    try:
        return cifar10(options)
    except DataUnavailableError as error:
        if not options.fallback:
            raise DataUnavailableError(f"{error}; data.fallback=true would take the bundled digits instead") from None
        return digits(options, fallback=f"{error}. These are scikit-learn's handwritten digits instead.")


def cifar10(options: DataOptions) -> Dataset:
    """CIFAR-10: 40,000 / 10,000 of the official training images, and the official 10,000 test images."""
    whole = load_cifar10()
    generator = np.random.default_rng(options.split_seed)
    order = stratified_order(whole.train_labels, generator)
    train = _part(whole.train_images, whole.train_labels, order[:CIFAR10_TRAIN], options.train_limit)
    validation = _part(whole.train_images, whole.train_labels, order[CIFAR10_TRAIN:], options.validation_limit)
    test_order = stratified_order(whole.test_labels, generator)
    test = _part(whole.test_images, whole.test_labels, test_order, options.test_limit)
    return _dataset("cifar10", CLASSES, (train, validation, test), whole.source, whole.note, None)


def digits(options: DataOptions, fallback: str | None = None) -> Dataset:
    """Handwritten digits (Alpaydin & Kaynak, 1998) that scikit-learn brings: no network needed."""
    bundled = load_digits()
    small = np.rint(bundled.images * (255 / DIGITS_WHITE)).astype(np.uint8)
    large = small.repeat(ENLARGEMENT, axis=1).repeat(ENLARGEMENT, axis=2)
    images = np.repeat(large[..., np.newaxis], 3, axis=-1)
    labels = bundled.target.astype(np.int64)
    order = stratified_order(labels, np.random.default_rng(options.split_seed))
    after = DIGITS_TRAIN + DIGITS_VALIDATION
    splits = (
        _part(images, labels, order[:DIGITS_TRAIN], options.train_limit),
        _part(images, labels, order[DIGITS_TRAIN:after], options.validation_limit),
        _part(images, labels, order[after:], options.test_limit),
    )
    note = "8x8 pixels enlarged to 32x32, one channel repeated three times."
    return _dataset("digits", tuple("0123456789"), splits, "scikit-learn, load_digits", note, fallback)


def stratified_order(labels: Labels, generator: np.random.Generator) -> npt.NDArray[np.intp]:
    """Shuffle rows so that any stretch of the order holds every class in its share, to within one example; (n,) -> (n,)."""
    place = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        place[rows] = (np.arange(len(rows)) + generator.random()) / len(rows)
    return np.argsort(place, kind="stable")


def _part(images: npt.NDArray[np.uint8], labels: Labels, rows: npt.NDArray[np.intp], limit: int | None) -> Split:
    chosen = np.sort(rows[:limit])
    return Split(np.ascontiguousarray(images[chosen]), np.ascontiguousarray(labels[chosen]))


def _dataset(
    name: str,
    classes: tuple[str, ...],
    splits: tuple[Split, Split, Split],
    source: str,
    note: str,
    fallback: str | None,
) -> Dataset:
    train, validation, test = splits
    if min(len(train), len(test)) < len(classes):
        raise OptionError(f"data: a split needs at least {len(classes)} images, one for each class; raise its limit")
    return Dataset(name, classes, train, validation, test, source, note, fallback)
