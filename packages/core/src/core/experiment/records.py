"""The files of a sweep and of a kept run have one schema each; a stranger's file that differs is an error with its field.

Fields that are not known are left out, those that the harness has not always written may be missing.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from core.printable import printable


def _at_least_zero(value: float) -> float:
    if value < 0:
        raise ValueError("must be at least 0")
    return value


#: A name stands on one line: a class, a variant, a layer.
Name = Annotated[str, AfterValidator(printable)]
Score = Annotated[float, Field(ge=0, le=1)]
#: A difference or a size; NaN where a network gives none.
Amount = Annotated[float, AfterValidator(_at_least_zero)]
Seconds = Annotated[float, Field(ge=0, le=1e12)]
Count = Annotated[int, Field(ge=0, le=10**15)]
PublishedScore = Annotated[float, Field(ge=-100, le=100)]  # a score, or one in percent
Seed = Annotated[int, Field(ge=0, lt=2**32)]
Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
Scalar = bool | Whole | float | Name | None
Variant = dict[Name, Scalar | list[Scalar]]
Json = dict[str, Any]


class Record(BaseModel):
    """One object of a file: types as they are written, and nothing turned into another."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore")


class Provenance(Record):
    """Where a run comes from."""

    git_commit: str | None = None
    versions: Json | str | None = None
    data: Json | str | None = None
    hardware: Json | str | None = None
    date: str | None = None
    command: str | None = None
    config: Json | None = None


class Result(Record):
    """``result.json``: what one job came to."""

    variant: Variant
    seed: Seed
    n_test: Annotated[int, Field(ge=1, le=10**9)]
    keras_macro_f1: Score
    scratch_macro_f1: Score
    label_match: Score
    max_abs_diff: Amount
    experiment: Name | None = None
    dataset: Name | None = None
    keras_accuracy: Score | None = None
    mean_abs_diff: Amount | None = None
    max_abs_diff_float64: Amount | None = None
    keras_rounding: Amount | None = None
    scratch_rounding: Amount | None = None
    val_macro_f1: float | None = None
    parameters: Count | None = None
    epochs: Count | None = None
    train_seconds: Seconds | None = None
    scratch_predict_seconds: Seconds | None = None
    keras_predict_seconds: Seconds | None = None
    classes: list[Name] | None = None
    fallback: str | None = None
    reused: bool | None = None
    provenance: Provenance | None = None


class TracedLayer(Record):
    """One row of ``trace.json``: how far the two sides are apart after one layer."""

    model_config = ConfigDict(strict=True, frozen=True, extra="ignore", populate_by_name=True, serialize_by_alias=True)

    layer: Name
    kind: Annotated[Name | None, Field(alias="class")] = None
    output_shape: list[Count | None] | None = None
    largest_value: Amount | None = None
    max_abs_diff: Amount | None = None
    mean_abs_diff: Amount | None = None


class ShownExample(Record):
    """One entry of ``samples.json``: a test example, and what both sides say of it."""

    index: Count
    true: Name | Count
    keras: Name | Count
    scratch: Name | Count
    keras_probability: float | None = None
    scratch_probability: float | None = None
    kind: Name | None = None
    text: str | None = None
    image_png: Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]*={0,2}$")] | None = None


class PublishedValue(Record):
    """What was published for a variant, by side."""

    keras: PublishedScore | Name | None = None
    scratch: PublishedScore | Name | None = None
    note: str | None = None


class About(Record):
    """``sweep.json``: what a sweep is about and which jobs it was to have."""

    experiment: Name | None = None
    title: str | None = None
    question: str | None = None
    command: str | None = None
    variants: list[Name] | None = None
    jobs: Annotated[int, Field(ge=0, le=10**6)] | None = None
    original: dict[Name, PublishedScore | Name | PublishedValue | None] | None = None


class KeptFacts(Record):
    """``run.json`` of a kept run: its key, its files with their sizes, and the facts of its training."""

    key: Json
    files: dict[str, Count] | None = None
    parameters: Count | None = None
    epochs: Count | None = None
    val_macro_f1: float | None = None
    train_seconds: Seconds | None = None
    keras_predict_seconds: Seconds | None = None
    date: str | None = None
    hardware: Json | None = None


History = dict[Name, list[float]]

RESULT: TypeAdapter[Result] = TypeAdapter(Result)
HISTORY: TypeAdapter[History] = TypeAdapter(History)
TRACE: TypeAdapter[list[TracedLayer]] = TypeAdapter(list[TracedLayer])
SAMPLES: TypeAdapter[list[ShownExample]] = TypeAdapter(list[ShownExample])
ABOUT: TypeAdapter[About] = TypeAdapter(About)
KEPT: TypeAdapter[KeptFacts] = TypeAdapter(KeptFacts)
