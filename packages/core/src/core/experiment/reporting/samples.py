"""A few test examples to look at: what they are, what Keras says, what the same file says in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.experiment.reporting.folder import Json, Run

SHOWN = 12  # of each kind


@dataclass(frozen=True)
class Sample:
    """An image (base64 PNG) or a text with its true class and both predictions."""

    index: int
    true: str
    keras: str
    scratch: str
    keras_probability: float
    scratch_probability: float
    image: str
    text: str

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

    right: list[Sample]
    wrong: list[Sample]

    @property
    def agree(self) -> bool:
        """Whether both sides name the same class in every sample."""
        return all(sample.agrees for sample in self.right + self.wrong)

    @property
    def are_images(self) -> bool:
        """Whether there is anything to see rather than to read."""
        return any(sample.image for sample in self.right + self.wrong)


def samples_of(run: Run) -> Samples:
    """Read samples.json."""
    found = [_sample(item, run.classes) for item in run.samples]
    right = [sample for sample in found if sample.is_right]
    wrong = [sample for sample in found if not sample.is_right]
    return Samples(right[:SHOWN], wrong[:SHOWN])


def unit_of(run: Run) -> str:
    """What the test set consists of: image, sentence, or example where there are no samples to tell."""
    kinds = {item.get("kind") for item in run.samples}
    if kinds == {"image"}:
        return "image"
    return "sentence" if kinds == {"text"} else "example"


def _sample(item: Json, classes: list[str]) -> Sample:
    return Sample(
        index=int(item.get("index") or 0),
        true=_class_name(item.get("true"), classes),
        keras=_class_name(item.get("keras"), classes),
        scratch=_class_name(item.get("scratch"), classes),
        keras_probability=float(item.get("keras_probability") or 0.0),
        scratch_probability=float(item.get("scratch_probability") or 0.0),
        image=str(item.get("image_png") or ""),
        text=str(item.get("text") or ""),
    )


def _class_name(value: Any, classes: list[str]) -> str:
    return classes[value] if isinstance(value, int) and 0 <= value < len(classes) else str(value)
