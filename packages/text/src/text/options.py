"""The options of the text trainer: what the network looks like, and which sentences it learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.checks import flag, integer, number, one_of
from core.errors import InputError
from core.experiment.command.options import DataOptions, Options, option

CELLS = ("simple_rnn", "lstm", "gru")
POOLINGS = ("last", "average", "max")
#: The languages of NusaX by ISO 639-3: Acehnese, Balinese, Toba Batak, Banjarese, Buginese, English, Indonesian, Javanese,
#: Madurese, Minangkabau, Ngaju, Sundanese.
LANGUAGES = ("ace", "ban", "bbc", "bjn", "bug", "eng", "ind", "jav", "mad", "min", "nij", "sun")
SMALLEST_VOCABULARY = 3  # padding, the unknown word, and one word


def several_languages(value: Any, name: str) -> tuple[str, ...]:
    """Read a list of languages, each named once. Raises `InputError`."""
    if not isinstance(value, list) or not value:
        raise InputError(f"{name} must be a list like [ind,jav], got {value!r}")
    languages = tuple(one_of(language, name, LANGUAGES) for language in value)
    if len(set(languages)) < len(languages):
        raise InputError(f"{name} must name each language once, got {', '.join(languages)}")
    return languages


@dataclass(frozen=True, kw_only=True)
class ModelOptions(Options):
    """The network. `pooling` says what is classified: the last state, or the average or maximum of all states over time."""

    cell: str = option(one_of, allowed=CELLS)
    layers: int = option(integer)
    units: int = option(integer)
    bidirectional: bool = option(flag)
    pooling: str = option(one_of, allowed=POOLINGS)
    mask_zero: bool = option(flag)
    recurrent_dropout: float = option(number, minimum=0, below=1)
    max_tokens: int = option(integer, minimum=SMALLEST_VOCABULARY)
    sequence_length: int = option(integer)
    embedding_dim: int = option(integer)
    embedding_dropout: float = option(number, minimum=0, below=1)
    dropout: float = option(number, minimum=0, below=1)
    dense_units: int = option(integer)
    dense_dropout: float = option(number, minimum=0, below=1)


@dataclass(frozen=True, kw_only=True)
class TextDataOptions(DataOptions):
    """Which sentences: those of `languages` to learn from; those of `test_language` to choose by and to be tried on.

    A limit takes a stratified part of a split, of each language.
    """

    name: str = option(one_of, allowed=("nusax", "ulasan"))
    languages: tuple[str, ...] = option(several_languages)
    test_language: str = option(one_of, allowed=LANGUAGES)
