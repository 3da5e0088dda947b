"""Where each variant stands: its score, the intervals around it, and what it loses to the best one it is compared with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.experiment.report import statistics
from core.experiment.report.folder import Run, variant_label
from core.experiment.report.statistics import Difference, Floats, Interval, SeedSpread


@dataclass(frozen=True)
class Standing:
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
class Comparison:
    """A variant against the best of its group; ``difference`` is None where predictions are missing."""

    standing: Standing
    best: Standing
    difference: Difference | None


@dataclass(frozen=True)
class Group:
    """Variants that answer one question: those that differ in what the experiment asks about and in nothing else."""

    name: str
    best: Standing
    comparisons: list[Comparison]

    def short(self, standing: Standing) -> str:
        """Return the label of a member without what the whole group shares."""
        shared = self.name.split(", ")
        return ", ".join(part for part in standing.label.split(", ") if part not in shared)


def stand(runs: Sequence[Run], generator: np.random.Generator) -> list[Standing]:
    """One Standing per variant, in the order of the jobs. All variants share the same resampled test sets."""
    by_label: dict[str, list[Run]] = {}
    for run in runs:
        by_label.setdefault(run.label, []).append(run)
    replicates = _replicates(runs, generator)
    standings = []
    for position, (label, members) in enumerate(by_label.items()):
        spread = statistics.seed_spread([run.number("keras_macro_f1") for run in members]) if len(members) > 1 else None
        scores = [replicates[run.folder] for run in members if run.folder in replicates]
        if len(scores) < len(members):
            standings.append(Standing(label, position, members, spread=spread))
            continue
        columns = np.column_stack(scores)
        both = statistics.resample_seeds(columns, generator)
        over_test = statistics.percentile_interval(columns.mean(axis=1))
        interval = statistics.percentile_interval(both)
        standings.append(Standing(label, position, members, over_test, spread, interval, both))
    return standings


def compare(standings: Sequence[Standing], experiment: str) -> list[Group]:
    """Compare every variant with the best of its group."""
    groups = []
    for name, members in _groups(standings, experiment).items():
        best = max(members, key=lambda standing: standing.score)
        others = sorted((other for other in members if other is not best), key=lambda other: -other.score)
        groups.append(Group(name, best, [Comparison(other, best, _difference(other, best)) for other in others]))
    return groups


def _difference(standing: Standing, best: Standing) -> Difference | None:
    if standing.replicates is None or best.replicates is None:
        return None
    return statistics.paired_difference(standing.score - best.score, standing.replicates, best.replicates)


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
    chosen = [found.keras.argmax(axis=1) for _, found in alike]
    scores = statistics.bootstrap_macro_f1(labels, chosen, classes, generator)
    return {run.folder: scores[:, column] for column, (run, _) in enumerate(alike)}


def _groups(standings: Sequence[Standing], experiment: str) -> dict[str, list[Standing]]:
    """Split a grid of settings by the settings that the experiment is not named after (``cell`` in ``bidirectional``).

    A sweep over one setting, or one whose name is none of its settings, is one group; so is a split that leaves a
    variant without anything to be compared with.
    """
    whole = {"": list(standings)}
    settings = [standing.runs[0].result.variant for standing in standings]
    subjects = {key for setting in settings for key in setting if experiment in key.rsplit(".", 1)[-1]}
    if not experiment or not subjects:
        return whole
    split: dict[str, list[Standing]] = {}
    for standing, setting in zip(standings, settings, strict=True):
        rest = {key: value for key, value in setting.items() if key not in subjects}
        split.setdefault(variant_label(rest) if rest else "", []).append(standing)
    return split if all(len(members) > 1 for members in split.values()) else whole
