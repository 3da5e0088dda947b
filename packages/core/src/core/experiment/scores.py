"""How well predictions fit the labels."""

from __future__ import annotations

from sklearn.metrics import f1_score

from core.experiment.task import Array, Labels


def macro_f1(labels: Labels, probabilities: Array) -> float:
    """Score the most probable classes; labels (n,), probabilities (n, classes)."""
    return float(f1_score(labels, probabilities.argmax(axis=1), average="macro", zero_division=0))
