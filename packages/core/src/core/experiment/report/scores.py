"""How well predictions fit the labels."""

from __future__ import annotations

from sklearn.metrics import f1_score

from core.arrays import Array
from core.experiment.task import Labels


def macro_f1(labels: Labels, probabilities: Array) -> float:
    """Mean F1 over all classes of what is most probable; labels (n,), probabilities (n, classes) -> one number.

    A class that is neither there nor chosen counts as 0.
    """
    classes = range(probabilities.shape[1])
    chosen = probabilities.argmax(axis=1)
    return float(f1_score(labels, chosen, labels=classes, average="macro", zero_division=0))
