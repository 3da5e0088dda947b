r"""A score on a test set is an estimate, so it comes with an interval: over other test sets, over other seeds, or both.

Macro F1 is the mean over the classes of

    F1_c = 2 TP_c / (actual_c + predicted_c)

with ``F1_c = 0`` for a class that neither occurs nor is predicted (scikit-learn's ``zero_division=0``).

The bootstrap (Efron, 1979) draws the test set again, with replacement, and asks how far the score moves. Drawing
n examples is the same as drawing how often each distinct row (true class, prediction of run 1, of run 2, ...) occurs,
from a multinomial distribution, so a resample is one row of counts and thousands of them are one matrix product.
All runs see the same resamples, so their differences are paired.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from core.experiment.task import Labels

Floats = npt.NDArray[np.float64]

# 50 resamples lie beyond each end of a 95% interval; Efron & Tibshirani (1993) ask for 1,000 resamples or more.
RESAMPLES = 2_000
LEVEL = 0.95
CHUNK = 250  # resamples held in memory at once: 250 x 10,000 counts are 20 MB


@dataclass(frozen=True)
class Interval:
    """The values from ``low`` to ``high``."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True)
class SeedSpread:
    """Mean, standard deviation (n - 1 below) and the t interval of the mean of one score per seed."""

    mean: float
    standard_deviation: float
    interval: Interval


@dataclass(frozen=True)
class Difference:
    """How far one score lies above another, with the interval of their paired difference."""

    estimate: float
    interval: Interval

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return 0.0 not in self.interval


def bootstrap_macro_f1(
    labels: Labels,
    predictions: Sequence[Labels],
    classes: int,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Floats:
    """Macro F1 of every run on every resampled test set; labels (n,), predictions runs x (n,) -> (resamples, runs)."""
    rows, counts = np.unique(np.column_stack([labels, *predictions]), axis=0, return_counts=True)
    examples = len(labels)
    one_hot = np.eye(classes, dtype=np.float32)  # counts up to 2**24 are exact in float32
    is_actual = one_hot[rows[:, 0]]
    is_predicted = [one_hot[rows[:, 1 + run]] for run in range(len(predictions))]
    scores = np.empty((resamples, len(predictions)))
    for start in range(0, resamples, CHUNK):
        stop = min(start + CHUNK, resamples)
        weights = generator.multinomial(examples, counts / examples, size=stop - start).astype(np.float32)
        actual = weights @ is_actual
        for run, chosen in enumerate(is_predicted):
            true_positives = weights @ (chosen * is_actual)
            either = actual + weights @ chosen
            ratios = np.zeros(either.shape)
            np.divide(2.0 * true_positives, either, out=ratios, where=either > 0, dtype=np.float64)
            scores[start:stop, run] = ratios.mean(axis=1)
    return scores


def percentile_interval(replicates: Floats, level: float = LEVEL) -> Interval:
    """Return the middle ``level`` of the bootstrap replicates; (resamples,) -> Interval."""
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(replicates, [tail, 1.0 - tail])
    return Interval(float(low), float(high))


def seed_spread(scores: Sequence[float], level: float = LEVEL) -> SeedSpread:
    """Student's interval of the mean of two or more scores, one per seed: mean +- t(n - 1) s / sqrt(n)."""
    values = np.asarray(scores, dtype=np.float64)
    deviation = float(values.std(ddof=1))
    half = float(stats.t.ppf((1.0 + level) / 2.0, len(values) - 1)) * deviation / np.sqrt(len(values))
    mean = float(values.mean())
    return SeedSpread(mean, deviation, Interval(mean - half, mean + half))


def resample_seeds(replicates: Floats, generator: np.random.Generator) -> Floats:
    """Mean over resampled seeds in every resample of the test set; (resamples, seeds) -> (resamples,).

    ``seeds - 1`` of the seeds are drawn with replacement: drawing all of them again would give the mean a variance
    that is too small by (seeds - 1) / seeds, which matters with five (Rao & Wu, 1988, "Resampling inference with
    complex survey data"). One seed stays as it is.
    """
    resamples, seeds = replicates.shape
    chosen = generator.integers(seeds, size=(resamples, max(seeds - 1, 1)))
    mean: Floats = np.take_along_axis(replicates, chosen, axis=1).mean(axis=1)
    return mean


def paired_difference(estimate: float, replicates: Floats, reference: Floats, level: float = LEVEL) -> Difference:
    """Difference of two scores whose replicates, both (resamples,), come from the same resampled test sets."""
    return Difference(estimate, percentile_interval(replicates - reference, level))
