"""The ranking of the variants: the score of each, the intervals around it, and what it loses to the best of its group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.experiment.report import statistics
from core.experiment.report.folder import Run, variant_label
from core.experiment.report.statistics import Difference, Floats, Interval, SeedSpread


@dataclass(frozen=True)
class RankedVariant:
    """One variant: its runs (one per seed), mean macro F1, and intervals where they could be computed.

    ``over_test`` is over other test sets, ``spread`` over other seeds, ``interval`` over both (or over test sets, with one seed).
    """

    label: str
    position: int
    runs: list[Run]
    over_test: Interval | None = None
    spread: SeedSpread | None = None
    interval: Interval | None = None
    replicates: Floats | None = field(default=None, repr=False, compare=False)

    def mean(self, name: str) -> float:
        """Mean over the seeds of one number of the results."""
        return float(np.mean([run.number(name) for run in self.runs]))

    def largest(self, name: str) -> float:
        """Largest over the seeds of one number of the results."""
        return float(np.max([run.number(name) for run in self.runs]))

    @property
    def score(self) -> float:
        """Mean macro F1 of Keras."""
        return self.mean("keras_macro_f1")

    @property
    def seeds(self) -> list[int]:
        """The seeds of its runs."""
        return [run.seed for run in self.runs]


@dataclass(frozen=True)
class AgainstBest:
    """A variant against the best of its group; ``difference`` is None where predictions are missing."""

    variant: RankedVariant
    best: RankedVariant
    difference: Difference | None


@dataclass(frozen=True)
class Group:
    """Variants that answer one question: those that differ in what the experiment asks about and in nothing else."""

    name: str
    best: RankedVariant
    others: list[AgainstBest]

    def short(self, variant: RankedVariant) -> str:
        """Return the label of a member without what the whole group shares."""
        shared = self.name.split(", ")
        return ", ".join(part for part in variant.label.split(", ") if part not in shared)


def rank(runs: Sequence[Run], generator: np.random.Generator) -> list[RankedVariant]:
    """Return the variants in the order of the jobs. All share the same resampled test sets."""
    by_label: dict[str, list[Run]] = {}
    for run in runs:
        by_label.setdefault(run.label, []).append(run)
    replicates = _replicates(runs, generator)
    variants = []
    for position, (label, members) in enumerate(by_label.items()):
        spread = statistics.seed_spread([run.number("keras_macro_f1") for run in members]) if len(members) > 1 else None
        scores = [replicates[run.folder] for run in members if run.folder in replicates]
        if len(scores) < len(members):
            variants.append(RankedVariant(label, position, members, spread=spread))
            continue
        columns = np.column_stack(scores)
        both = statistics.resample_seeds(columns, generator)
        over_test = statistics.percentile_interval(columns.mean(axis=1))
        interval = statistics.percentile_interval(both)
        variants.append(RankedVariant(label, position, members, over_test, spread, interval, both))
    return variants


def compare(variants: Sequence[RankedVariant], experiment: str) -> list[Group]:
    """Compare every variant with the best of its group."""
    groups = []
    for name, members in _groups(variants, experiment).items():
        best = max(members, key=lambda variant: variant.score)
        others = sorted((other for other in members if other is not best), key=lambda other: -other.score)
        groups.append(Group(name, best, [AgainstBest(other, best, _difference(other, best)) for other in others]))
    return groups


def _difference(variant: RankedVariant, best: RankedVariant) -> Difference | None:
    if variant.replicates is None or best.replicates is None:
        return None
    return statistics.paired_difference(variant.score - best.score, variant.replicates, best.replicates)


def _replicates(runs: Sequence[Run], generator: np.random.Generator) -> dict[str, Floats]:
    """Bootstrap all runs that were tested on the labels of the first one; folder -> (resamples,)."""
    tested = [(run, run.predictions) for run in runs if run.predictions is not None]
    if not tested:
        return {}
    labels, classes = tested[0][1].labels, tested[0][1].keras.shape[1]
    alike = [
        (run, found)
        for run, found in tested
        if np.array_equal(found.labels, labels) and found.keras.shape[1] == classes
    ]
    chosen = [found.choices[0] for _, found in alike]
    scores = statistics.bootstrap_macro_f1(labels, chosen, classes, generator)
    return {run.folder: scores[:, column] for column, (run, _) in enumerate(alike)}


def _groups(variants: Sequence[RankedVariant], experiment: str) -> dict[str, list[RankedVariant]]:
    """Split a grid of settings by the settings that the experiment is not named after (``cell`` in ``bidirectional``).

    A sweep over one setting, or one whose name is none of its settings, is one group; so is a split that leaves a
    variant without anything to be compared with.
    """
    whole = {"": list(variants)}
    settings = [variant.runs[0].result.variant for variant in variants]
    subjects = {key for setting in settings for key in setting if experiment in key.rsplit(".", 1)[-1]}
    if not experiment or not subjects:
        return whole
    split: dict[str, list[RankedVariant]] = {}
    for variant, setting in zip(variants, settings, strict=True):
        rest = {key: value for key, value in setting.items() if key not in subjects}
        split.setdefault(variant_label(rest) if rest else "", []).append(variant)
    return split if all(len(members) > 1 for members in split.values()) else whole
