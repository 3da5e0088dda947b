"""A command that classifies: it opens a model, names its classes, and answers each input with a probability for each class."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from core.arrays import Array
from core.experiment.command.class_names import class_names
from core.experiment.command.class_scores import are_probabilities, class_scores
from core.models.from_scratch import FromScratch


@dataclass(frozen=True)
class Answer:
    """An input as the user gave it, and the probability of each class, (classes,), with the names of these."""

    given: str
    names: Sequence[str]
    probabilities: Array

    @property
    def ranking(self) -> list[dict[str, Any]]:
        """Each class with its number and its probability, the most probable first."""
        order = np.argsort(-self.probabilities, kind="stable")
        return [
            {"class": self.names[index], "index": int(index), "probability": float(self.probabilities[index])}
            for index in order
        ]


def classifier_parser(program: str, description: str, model: str) -> argparse.ArgumentParser:
    """Return the parser of the arguments that every such command has; `model` says which files it takes."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=description)
    parser.add_argument("model", type=Path, metavar="MODEL", help=model)
    parser.add_argument("--classes", metavar="NAMES", help="names of the classes, in order, with commas between, or a file with "
                        "one a line (default: those in result.json beside the model, else their numbers)")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON, for programs")
    return parser


def classify(
    options: argparse.Namespace, net: FromScratch, batches: Iterable[tuple[Sequence[str], Any]], unit: str
) -> Iterator[Answer]:
    """Answer batches of inputs, each as it was given and as the opened network takes it; `unit` is what one is ("an image").

    Raises `InputError` for a model that is not a classifier and for names that do not fit its classes.
    """
    names: list[str] | None = None
    for given, inputs in batches:
        scores = class_scores(net.model, net.predict_proba(inputs), given, unit)
        if names is None:
            names = class_names(options.model, options.classes, scores.shape[1])
        if not are_probabilities(scores):
            warnings.warn(
                "the model's outputs are not probabilities (they do not add up to 1): shown as they are", stacklevel=2
            )
        yield from (Answer(one, names, row) for one, row in zip(given, scores, strict=True))
