"""A few test examples to look at: what they are, what Keras says, what the same file says in NumPy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from core.experiment.report.folder import Predictions, Run
from core.experiment.task import Labels

SHOWN = 12  # samples of each kind
LISTED = 8  # rows of each list of examples


@dataclass(frozen=True, kw_only=True)
class Example:
    """A test example, an image (base64 PNG) or a text, with its true class and both predictions."""

    seed: int
    index: int
    true: str
    keras: str
    scratch: str
    keras_probability: float
    scratch_probability: float
    difference: float = float("nan")
    image: str = ""
    text: str = ""

    @property
    def is_right(self) -> bool:
        """Whether Keras names the true class."""
        return self.true == self.keras

    @property
    def agrees(self) -> bool:
        """Whether both sides name the same class."""
        return self.keras == self.scratch


@dataclass(frozen=True)
class Samples:
    """The samples of a run: those that the network gets right and those that it gets wrong."""

    right: list[Example]
    wrong: list[Example]

    @property
    def agree(self) -> bool:
        """Whether both sides name the same class in every sample."""
        return all(sample.agrees for sample in self.right + self.wrong)

    @property
    def are_images(self) -> bool:
        """Whether there is anything to see rather than to read."""
        return any(sample.image for sample in self.right + self.wrong)


def samples_of(run: Run) -> Samples:
    """Return what samples.json holds."""
    found = [
        Example(
            seed=run.seed,
            index=item.index,
            true=_class_name(item.true, run.classes),
            keras=_class_name(item.keras, run.classes),
            scratch=_class_name(item.scratch, run.classes),
            keras_probability=item.keras_probability or 0.0,
            scratch_probability=item.scratch_probability or 0.0,
            image=item.image_png or "",
            text=item.text or "",
        )
        for item in run.samples
    ]
    right, wrong = ([sample for sample in found if sample.is_right == wanted] for wanted in (True, False))
    return Samples(right[:SHOWN], wrong[:SHOWN])


def unit_of(run: Run) -> str:
    """Return what the test set consists of: image, sentence, or example where samples do not tell."""
    kinds = {item.kind for item in run.samples}
    if kinds == {"image"}:
        return "image"
    return "sentence" if kinds == {"text"} else "example"


def known_texts(runs: Sequence[Run]) -> dict[int, str]:
    """Return the sentences that any run kept as a sample, by their position in the test set."""
    return {item.index: item.text for run in runs for item in run.samples if item.text}


def disagreements(runs: Sequence[Run], texts: dict[int, str]) -> list[Example]:
    """Return the examples of all runs whose labels differ, those with the longest text first, then those furthest apart."""
    differing = _examples(runs, texts, lambda found: np.flatnonzero(np.not_equal(*found.choices)))
    return sorted(differing, key=lambda example: (-len(example.text), -example.difference))


def furthest(runs: Sequence[Run], texts: dict[int, str]) -> list[Example]:
    """Return the examples of all runs whose probabilities are furthest apart, largest difference first."""
    apart = _examples(runs, texts, lambda found: np.argsort(-found.difference, kind="stable")[:LISTED])
    return sorted(apart, key=lambda example: -example.difference)[:LISTED]


def _examples(runs: Sequence[Run], texts: dict[int, str], choose: Callable[[Predictions], Labels]) -> list[Example]:
    """Return the examples that `choose` takes from the predictions of each run, by their positions."""
    examples = []
    for run in runs:
        found = run.predictions
        if found is None:
            continue
        keras, scratch = found.choices
        examples += [
            Example(
                seed=run.seed,
                index=int(index),
                true=run.classes[found.labels[index]],
                keras=run.classes[keras[index]],
                scratch=run.classes[scratch[index]],
                keras_probability=float(found.keras[index, keras[index]]),
                scratch_probability=float(found.scratch[index, scratch[index]]),
                difference=float(found.difference[index]),
                text=texts.get(int(index), ""),
            )
            for index in choose(found)
        ]
    return examples


def _class_name(value: str | int, classes: list[str]) -> str:
    return classes[value] if isinstance(value, int) and value < len(classes) else str(value)
