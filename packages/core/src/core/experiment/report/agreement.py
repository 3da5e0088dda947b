"""Parity is counted again from the predictions themselves: labels that agree, and how far probabilities are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from core.experiment.report.folder import Run
from core.experiment.report.wording import plural, power, whole

TOLERANCE = 1e-5  # float32 carries about 7 digits; some 10 layers of sums may lose two of them
ROUNDINGS = 4  # or it may be this many times what Keras itself rounds, where a network enlarges the last digits more
FLOAT64_TOLERANCE = 1e-9  # float64 carries nine digits more than float32


@dataclass(frozen=True)
class Agreement:
    """Labels that agree in all runs, and the largest difference of a probability.

    ``float64`` is that difference where both sides compute in float64, ``rounding`` what Keras is off in float32 by its own
    rounding; NaN where a run did not note them.
    """

    compared: int
    agreeing: int
    runs: int
    seeds: int
    largest: float
    per_run: int
    float64: float
    rounding: float

    @property
    def holds(self) -> bool:
        """Whether every label agrees and no probability is further apart than rounding takes it."""
        rounded = self.largest <= max(TOLERANCE, ROUNDINGS * np.nan_to_num(self.rounding))
        return self.agreeing == self.compared and rounded and not self.float64 > FLOAT64_TOLERANCE

    @property
    def explanation(self) -> str:
        """What tells rounding from meaning: what is left of the difference in float64; empty where it was not noted."""
        if np.isnan(self.float64) or np.isnan(self.rounding):
            return ""
        return (
            f"With every number in float64 the two are {power(self.float64)} apart at most; in float32 Keras itself is up to "
            f"{power(self.rounding)} away from its float64 values."
        )

    @property
    def sentence(self) -> str:
        """The result in a line."""
        where = "" if self.runs == 1 else " in every variant"
        where += f" and seed ({plural(self.runs, 'run')})" if self.seeds > 1 else ""
        difference = "not a number" if np.isnan(self.largest) else power(self.largest)
        largest = f"largest probability difference {difference}"
        if self.agreeing == self.compared:
            return f"Keras and NumPy agree on {whole(self.per_run)} of {whole(self.per_run)} labels{where}; {largest}."
        apart = self.compared - self.agreeing
        over = "" if self.runs == 1 else f" over {plural(self.runs, 'run')}"
        return f"Keras and NumPy disagree on {whole(apart)} of {whole(self.compared)} labels{over}; {largest}."


def agreement(runs: Sequence[Run]) -> Agreement:
    """Count over all runs; a run without predictions.npz is taken at the word of its result.json."""
    compared = agreeing = 0
    differences = []
    for run in runs:
        if run.predictions is None:
            tests = run.examples
            compared, agreeing = compared + tests, agreeing + round(tests * run.number("label_match"))
            differences.append(run.number("max_abs_diff"))
        else:
            same = np.equal(*run.predictions.choices)
            compared, agreeing = compared + len(same), agreeing + int(same.sum())
            differences.append(float(run.predictions.difference.max()))
    largest = float(np.max(differences))  # a NaN among them stays NaN, which is not an agreement
    seeds = len({run.seed for run in runs})
    float64, rounding = (
        float(np.max([run.number(n) for run in runs])) for n in ("max_abs_diff_float64", "keras_rounding")
    )
    return Agreement(compared, agreeing, len(runs), seeds, largest, runs[0].examples, float64, rounding)
