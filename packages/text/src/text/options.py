"""The text trainer's own options: what the network looks like, how it is trained, and which sentences it learns from."""

from __future__ import annotations

from dataclasses import dataclass

from core.experiment.command.options import TrainOptions, check_choice, check_flag, check_number, check_whole
from core.experiment.errors import OptionError

CELLS = ("simple_rnn", "lstm", "gru")
POOLINGS = ("last", "average", "max")
#: The languages of NusaX by ISO 639-3: Acehnese, Balinese, Toba Batak, Banjarese, Buginese, English, Indonesian, Javanese,
#: Madurese, Minangkabau, Ngaju, Sundanese.
LANGUAGES = ("ace", "ban", "bbc", "bjn", "bug", "eng", "ind", "jav", "mad", "min", "nij", "sun")
SMALLEST_VOCABULARY = 3  # padding, the unknown word, and one word


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """The network. `pooling` says what is classified: the last state, or the average or maximum of all states over time."""

    cell: str
    layers: int
    units: int
    bidirectional: bool
    pooling: str
    mask_zero: bool
    recurrent_dropout: float
    max_tokens: int
    sequence_length: int
    embedding_dim: int
    embedding_dropout: float
    dropout: float
    dense_units: int
    dense_dropout: float

    def __post_init__(self) -> None:
        check_choice("model.cell", self.cell, CELLS)
        check_choice("model.pooling", self.pooling, POOLINGS)
        for option in ("layers", "units", "sequence_length", "embedding_dim", "dense_units"):
            check_whole(f"model.{option}", getattr(self, option))
        check_whole("model.max_tokens", self.max_tokens, least=SMALLEST_VOCABULARY)
        for option in ("bidirectional", "mask_zero"):
            check_flag(f"model.{option}", getattr(self, option))
        for option in ("recurrent_dropout", "embedding_dropout", "dropout", "dense_dropout"):
            check_number(f"model.{option}", getattr(self, option), below=1.0)


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Which sentences: those of `languages` to learn from; those of `test_language` to choose by and to be tried on.

    A limit takes a stratified part of a split, of each language.
    """

    name: str
    fallback: bool
    languages: list[str]
    test_language: str
    train_limit: int | None
    validation_limit: int | None
    test_limit: int | None

    def __post_init__(self) -> None:
        check_choice("data.name", self.name, ("nusax", "ulasan"))
        check_flag("data.fallback", self.fallback)
        if not isinstance(self.languages, list) or not self.languages:
            raise OptionError(f"data.languages: expected a list like [ind,jav], got {self.languages!r}")
        for language in self.languages:
            check_choice("data.languages", language, LANGUAGES)
        if len(set(self.languages)) < len(self.languages):
            raise OptionError(f"data.languages: each language once, got {', '.join(self.languages)}")
        check_choice("data.test_language", self.test_language, LANGUAGES)
        for limit in ("train_limit", "validation_limit", "test_limit"):
            if getattr(self, limit) is not None:
                check_whole(f"data.{limit}", getattr(self, limit))


__all__ = ["CELLS", "LANGUAGES", "POOLINGS", "DataOptions", "ModelOptions", "TrainOptions"]
