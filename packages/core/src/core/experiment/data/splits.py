"""Data sets are split with each class in its share; where a public one cannot be had, a bundled one stands in for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from core.experiment.command.options import DataOptions
from core.experiment.errors import DataUnavailableError
from core.experiment.task import Dataset, Labels

Chosen = TypeVar("Chosen", bound=DataOptions)


def stratified_order(labels: Labels, generator: np.random.Generator) -> npt.NDArray[np.intp]:
    """Shuffle rows so that any stretch of the order holds every class in its share, to within one example; (n,) -> (n,)."""
    position = np.empty(len(labels))
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        position[rows] = (np.arange(len(rows)) + generator.random()) / len(rows)
    return np.argsort(position, kind="stable")


def load_or_fall_back(
    options: Chosen, public: Callable[[Chosen], Dataset], bundled: Callable[[Chosen], Dataset], bundled_name: str
) -> Dataset:
    """Load the public data set or, where it cannot be had and `data.fallback` allows that, the bundled one."""
    try:
        return public(options)
    except DataUnavailableError as error:
        if not options.fallback:
            raise DataUnavailableError(f"{error}; data.fallback=true would take {bundled_name} instead") from None
        return replace(bundled(options), fallback=f"{error}. These are {bundled_name} instead.")
