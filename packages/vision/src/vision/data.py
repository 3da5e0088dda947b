"""Images become three splits that share no image: train, validation and test, each class in its share (stratified, seeded)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from core.experiment.data.splits import load_or_fall_back, stratified_order
from core.experiment.task import Dataset, Split
from vision.cifar10 import CLASSES, load_cifar10
from vision.options import VisionDataOptions

CIFAR10_TRAIN = 40_000  # of the official 50,000; the other 10,000 are the validation split
DIGITS_TRAIN, DIGITS_VALIDATION = 1_197, 300  # of 1,797; the other 300 are the test split
ENLARGEMENT = 4  # digits come as 8x8 pixels and become 32x32
DIGITS_WHITE = 16  # the largest value of a pixel in scikit-learn's digits


def load_data(options: VisionDataOptions) -> Dataset:
    """Load what the options name, or the bundled digits if it cannot be had and `fallback` allows that."""
    if options.name == "digits":
        return digits(options)
    return load_or_fall_back(options, cifar10, digits, "scikit-learn's handwritten digits")


def cifar10(options: VisionDataOptions) -> Dataset:
    """CIFAR-10: 40,000 / 10,000 of the official training images, and the official 10,000 test images."""
    official = load_cifar10()
    learnt, tested = official.splits["train"], official.splits["test"]
    generator = np.random.default_rng(options.split_seed)
    order = stratified_order(learnt.labels, generator)
    train = _part(learnt, order[:CIFAR10_TRAIN], options.train_limit)
    validation = _part(learnt, order[CIFAR10_TRAIN:], options.validation_limit)
    test = _part(tested, stratified_order(tested.labels, generator), options.test_limit)
    return Dataset("cifar10", CLASSES, train, validation, test, official.source, official.note)


def digits(options: VisionDataOptions) -> Dataset:
    """Handwritten digits (Alpaydin & Kaynak, 1998) that scikit-learn brings: no network needed."""
    from sklearn.datasets import load_digits  # noqa: PLC0415  # of the extra

    bundled = load_digits()
    small = np.rint(bundled.images * (255 / DIGITS_WHITE)).astype(np.uint8)
    large = small.repeat(ENLARGEMENT, axis=1).repeat(ENLARGEMENT, axis=2)
    whole = Split(np.repeat(large[..., np.newaxis], 3, axis=-1), bundled.target.astype(np.int64))
    order = stratified_order(whole.labels, np.random.default_rng(options.split_seed))
    after = DIGITS_TRAIN + DIGITS_VALIDATION
    train = _part(whole, order[:DIGITS_TRAIN], options.train_limit)
    validation = _part(whole, order[DIGITS_TRAIN:after], options.validation_limit)
    test = _part(whole, order[after:], options.test_limit)
    note = "8x8 pixels enlarged to 32x32, one channel repeated three times."
    return Dataset("digits", tuple("0123456789"), train, validation, test, "scikit-learn, load_digits", note)


def _part(whole: Split, rows: npt.NDArray[np.intp], limit: int | None) -> Split:
    return whole.take(np.sort(rows[:limit]))
