"""The intervals against what is known: SciPy's bootstrap, Student's interval, and how often they cover the truth."""

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import f1_score

from core.experiment.report import statistics
from core.experiment.report.statistics import Interval
from core.experiment.scores import class_f1, confusion, macro_f1


class FixedDraw:
    """Stands in for a Generator: every resample holds the rows as often as ``times`` says, in their sorted order."""

    def __init__(self, times):
        self.times = np.asarray(times)

    def multinomial(self, n, probabilities, size):
        assert n == self.times.sum()
        assert len(probabilities) == len(self.times)
        return np.tile(self.times, (size, 1))


def noisy(labels, right, classes, rng):
    return np.where(rng.random(len(labels)) < right, labels, rng.integers(classes, size=len(labels)))


def reference(labels, predicted, classes):
    return f1_score(labels, predicted, labels=range(classes), average="macro", zero_division=0)


@pytest.mark.parametrize(
    ("labels", "predicted", "classes", "expected"),
    [
        ([0, 0, 1, 1], [0, 0, 1, 1], 2, 1.0),
        ([0, 0, 1, 1], [1, 1, 0, 0], 2, 0.0),
        ([0, 0, 1, 1], [0, 1, 1, 1], 2, (2 / 3 + 4 / 5) / 2),
        ([0, 0, 1, 2], [0, 0, 0, 0], 3, (4 / 6) / 3),
        ([0, 1], [0, 1], 4, 0.5),  # a class that never occurs counts as 0
    ],
)
def test_macro_f1_of_small_cases(labels, predicted, classes, expected):
    labels, predicted = np.array(labels), np.array(predicted)
    assert macro_f1(labels, np.eye(classes)[predicted]) == pytest.approx(expected, abs=1e-15)
    assert class_f1(labels, predicted, classes).mean() == pytest.approx(expected, abs=1e-15)


def test_confusion_has_true_classes_in_rows():
    counts = confusion(np.array([0, 0, 1]), np.array([0, 2, 1]), 3)
    np.testing.assert_array_equal(counts, [[1, 0, 1], [0, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize("times", [[1, 1, 1, 1, 1, 1], [6, 0, 0, 0, 0, 0], [0, 3, 0, 2, 0, 1], [0, 0, 2, 2, 2, 0]])
def test_a_resample_scores_as_scikit_learn_would(times):
    rows = np.array([[0, 0, 1], [0, 1, 0], [1, 0, 1], [1, 1, 1], [2, 0, 2], [2, 2, 0]])
    scores = statistics.bootstrap_macro_f1(rows[:, 0], [rows[:, 1], rows[:, 2]], 4, FixedDraw(times), resamples=3)
    drawn = np.repeat(rows, times, axis=0)
    expected = [reference(drawn[:, 0], drawn[:, run], 4) for run in (1, 2)]
    np.testing.assert_allclose(scores, [expected] * 3, rtol=0, atol=1e-15)


def test_equal_rows_are_drawn_together():
    labels = np.array([1, 0, 1, 0, 1])
    predicted = np.array([1, 1, 1, 1, 0])  # distinct rows in sorted order: (0, 1) twice, (1, 0) once, (1, 1) twice
    scores = statistics.bootstrap_macro_f1(labels, [predicted], 2, FixedDraw([2, 1, 2]), resamples=1)
    assert scores[0, 0] == pytest.approx(reference(labels, predicted, 2), abs=1e-15)


def test_the_same_generator_gives_the_same_replicates():
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=300)
    predicted = noisy(labels, 0.7, 3, rng)
    first, second = (
        statistics.bootstrap_macro_f1(labels, [predicted], 3, np.random.default_rng(5), resamples=600) for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) > 100


def test_interval_agrees_with_scipy():
    rng = np.random.default_rng(1)
    labels = rng.integers(3, size=80)
    predicted = noisy(labels, 0.6, 3, rng)
    ours = statistics.percentile_interval(
        statistics.bootstrap_macro_f1(labels, [predicted], 3, rng, resamples=4_000)[:, 0]
    )
    theirs = stats.bootstrap(
        (labels, predicted),
        lambda true, chosen: reference(true, chosen, 3),
        paired=True,
        vectorized=False,
        n_resamples=1_000,
        method="percentile",
        rng=rng,
    ).confidence_interval
    # The ends of both are quantiles of random draws: with 1,000 resamples their own standard error is about .004.
    assert ours.low == pytest.approx(theirs.low, abs=0.015)
    assert ours.high == pytest.approx(theirs.high, abs=0.015)
    assert ours.high - ours.low > 0.15


def test_interval_covers_the_true_score_as_often_as_it_says():
    rng = np.random.default_rng(2)
    table = np.array([[0.28, 0.04, 0.02], [0.06, 0.20, 0.07], [0.03, 0.08, 0.22]])  # P(true class, predicted class)
    truth = np.mean(2 * np.diag(table) / (table.sum(axis=0) + table.sum(axis=1)))
    covered, worlds = 0, 400
    for _ in range(worlds):
        cells = rng.choice(9, size=300, p=table.ravel())
        scores = statistics.bootstrap_macro_f1(cells // 3, [cells % 3], 3, rng, resamples=400)
        covered += truth in statistics.percentile_interval(scores[:, 0])
    # 95% of 400 is 380, with a standard deviation of 4.4; a 90% or a 99% interval would fall outside.
    assert 365 <= covered <= 394


def test_percentile_interval_leaves_out_both_tails():
    interval = statistics.percentile_interval(np.arange(1001.0))
    assert (interval.low, interval.high) == pytest.approx((25.0, 975.0), abs=1e-9)
    assert 25.1 in interval
    assert 974.9 in interval
    assert 24.9 not in interval
    assert 975.1 not in interval


def test_seed_spread_is_students_interval():
    scores = [0.71, 0.74, 0.69, 0.75, 0.72]
    spread = statistics.seed_spread(scores)
    expected = stats.ttest_1samp(scores, 0.0).confidence_interval(0.95)
    assert spread.mean == pytest.approx(0.722, abs=1e-15)
    assert spread.standard_deviation == pytest.approx(np.std(scores, ddof=1), abs=1e-15)
    assert (spread.interval.low, spread.interval.high) == pytest.approx(tuple(expected), abs=1e-12)


def test_seeds_that_agree_have_no_spread():
    spread = statistics.seed_spread([0.5, 0.5, 0.5])
    assert (spread.standard_deviation, spread.interval) == (0.0, Interval(0.5, 0.5))


@pytest.mark.parametrize("seeds", [2, 3, 5])
def test_resampled_seeds_vary_as_their_mean_does(seeds):
    rng = np.random.default_rng(3)
    scores = rng.normal(size=seeds)
    means = statistics.resample_seeds(np.tile(scores, (200_000, 1)), rng)
    # 200,000 draws: the standard error of the mean and of the variance is well below one hundredth of the variance.
    assert means.mean() == pytest.approx(scores.mean(), abs=0.01)
    assert means.var() == pytest.approx(scores.var(ddof=1) / seeds, rel=0.02)


def test_one_seed_is_left_alone():
    replicates = np.random.default_rng(4).random((50, 1))
    np.testing.assert_array_equal(statistics.resample_seeds(replicates, np.random.default_rng(4)), replicates[:, 0])


def test_a_variant_does_not_differ_from_itself():
    rng = np.random.default_rng(5)
    labels = rng.integers(3, size=200)
    predicted = noisy(labels, 0.7, 3, rng)
    scores = statistics.bootstrap_macro_f1(labels, [predicted, predicted], 3, rng)
    difference = statistics.paired_difference(0.0, scores[:, 0], scores[:, 1])
    assert difference.interval == Interval(0.0, 0.0)
    assert not difference.is_clear


def test_pairing_sees_a_difference_that_two_intervals_hide():
    rng = np.random.default_rng(6)
    labels = rng.integers(3, size=400)
    better = noisy(labels, 0.7, 3, rng)
    worse = better.copy()
    spoiled = np.flatnonzero(better == labels)[:12]
    worse[spoiled] = (labels[spoiled] + 1) % 3
    scores = statistics.bootstrap_macro_f1(labels, [better, worse], 3, rng)
    estimate = macro_f1(labels, np.eye(3)[better]) - macro_f1(labels, np.eye(3)[worse])
    difference = statistics.paired_difference(estimate, scores[:, 0], scores[:, 1])
    assert difference.is_clear
    assert estimate in difference.interval
    assert statistics.percentile_interval(scores[:, 0]).low < statistics.percentile_interval(scores[:, 1]).high


def test_equal_settings_with_five_seeds_are_rarely_told_apart():
    """Two settings with the same chance of being right, which moves from seed to seed: the truth is a difference of 0."""
    rng = np.random.default_rng(7)
    worlds, over_both, over_test_only = 150, 0, 0
    for _ in range(worlds):
        labels = rng.integers(3, size=400)
        runs = [noisy(labels, 0.6 + rng.normal(scale=0.04), 3, rng) for _ in range(10)]
        scores = statistics.bootstrap_macro_f1(labels, runs, 3, rng, resamples=400)
        first, second = scores[:, :5], scores[:, 5:]
        estimate = 0.0  # not used by the interval
        both = [statistics.resample_seeds(side, rng) for side in (first, second)]
        over_both += statistics.paired_difference(estimate, *both).is_clear
        over_test_only += statistics.paired_difference(estimate, first.mean(axis=1), second.mean(axis=1)).is_clear
    assert over_both <= 0.09 * worlds  # 5% would be 7.5 of 150, with a standard deviation of 2.7
    assert over_test_only >= 0.2 * worlds  # what happens when the seeds are left out of the interval
