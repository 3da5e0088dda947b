"""A few test examples to look at: what they are, what Keras says, what the same file says in NumPy."""

from __future__ import annotations

from dataclasses import dataclass

from core.experiment.records import ShownExample
from core.experiment.report.folder import Run

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
    kinds = {item.kind for item in run.samples}
    if kinds == {"image"}:
        return "image"
    return "sentence" if kinds == {"text"} else "example"


def _sample(item: ShownExample, classes: list[str]) -> Sample:
    return Sample(
        index=item.index,
        true=_class_name(item.true, classes),
        keras=_class_name(item.keras, classes),
        scratch=_class_name(item.scratch, classes),
        keras_probability=item.keras_probability or 0.0,
        scratch_probability=item.scratch_probability or 0.0,
        image=item.image_png or "",
        text=item.text or "",
    )


def _class_name(value: str | int, classes: list[str]) -> str:
    return classes[value] if isinstance(value, int) and value < len(classes) else str(value)
