"""Which classes are taken for which: the confusion matrix of a variant and F1 by class, over all its seeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.experiment.report.ranking import RankedVariant
from core.experiment.report.statistics import Floats
from core.experiment.scores import class_f1, confusion
from core.experiment.task import Labels


@dataclass(frozen=True)
class Classes:
    """One variant by class: ``counts`` (true, predicted) summed over seeds, ``shares`` of each row, mean ``f1``."""

    variant: RankedVariant
    names: list[str]
    counts: Labels
    shares: Floats
    f1: Floats

    @property
    def confused(self) -> tuple[str, str, float]:
        """Return the true class, the class it is most often taken for, and in what share of cases."""
        wrong = np.where(np.eye(len(self.names), dtype=bool), 0.0, self.shares)
        true, predicted = np.unravel_index(int(wrong.argmax()), wrong.shape)
        return self.names[true], self.names[predicted], float(wrong[true, predicted])


def by_class(variant: RankedVariant) -> Classes | None:
    """Count Keras' predictions by class; None where a run has kept no predictions, or those of other classes."""
    kept = [run.predictions for run in variant.runs if run.predictions is not None]
    if len(kept) < len(variant.runs) or len({found.keras.shape[1] for found in kept}) > 1:
        return None
    classes = kept[0].keras.shape[1]
    pairs = [(found.labels, found.choices[0]) for found in kept]
    counts = np.sum([confusion(labels, chosen, classes) for labels, chosen in pairs], axis=0)
    f1 = np.mean([class_f1(labels, chosen, classes) for labels, chosen in pairs], axis=0)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return Classes(variant, variant.runs[0].classes, counts, shares, f1)
