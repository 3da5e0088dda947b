"""How well predictions fit the labels, class by class and on average."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from sklearn.metrics import confusion_matrix, f1_score

from core.arrays import Array
from core.experiment.task import Labels


def macro_f1(labels: Labels, probabilities: Array) -> float:
    """Mean F1 over all classes of what is most probable; labels (n,), probabilities (n, classes) -> one number.

    A class that is neither there nor chosen counts as 0.
    """
    return float(class_f1(labels, probabilities.argmax(axis=1), probabilities.shape[1]).mean())


def class_f1(labels: Labels, predicted: Labels, classes: int) -> npt.NDArray[np.float64]:
    """F1 of each class; labels and predicted (n,) -> (classes,)."""
    scores: npt.NDArray[np.float64] = f1_score(
        labels, predicted, labels=np.arange(classes), average=None, zero_division=0
    )
    return scores


def confusion(labels: Labels, predicted: Labels, classes: int) -> Labels:
    """Count examples by true class (row) and predicted class (column); (n,), (n,) -> (classes, classes)."""
    counts: Labels = confusion_matrix(labels, predicted, labels=np.arange(classes))
    return counts
