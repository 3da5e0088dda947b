"""A section of the config becomes a frozen record with keyword-only fields, so that a typo or an impossible value is an error.

The records have no defaults: every default stands once, in `experiments/<package>/config.yaml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from core.experiment.errors import OptionError

Record = TypeVar("Record")
LARGEST_SEED = 2**32 - 1  # what NumPy's legacy generator, which keras.utils.set_random_seed also seeds, can take


def read_options(kind: type[Record], values: Mapping[str, Any], section: str) -> Record:
    """Build the record of a section; raises OptionError with the name of the option that does not fit."""
    known = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise OptionError(f"{section}.{unknown[0]}: no such option; {section} has {', '.join(known)}")
    missing = [name for name in known if name not in values]
    if missing:
        raise OptionError(f"{section}.{missing[0]}: this option has no value; give it one in the config")
    return kind(**values)


def check_whole(option: str, value: Any, *, least: int = 1, most: int | None = None) -> None:
    """Refuse what is no whole number of at least `least` (and at most `most`)."""
    fits = isinstance(value, int) and not isinstance(value, bool) and value >= least and (most is None or value <= most)
    if not fits:
        limit = f"of at least {least}" if most is None else f"from {least} to {most}"
        raise OptionError(f"{option}: expected a whole number {limit}, got {value!r}")


def check_number(
    option: str, value: Any, *, above: float | None = None, least: float = 0.0, below: float = 1e9
) -> None:
    """Refuse what is no number in [least, below), or in (above, below) where `above` is given."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    low_enough = is_number and (value > above if above is not None else value >= least)
    if not (low_enough and value < below):
        start = f"above {above:g}" if above is not None else f"of at least {least:g}"
        raise OptionError(f"{option}: expected a number {start} and below {below:g}, got {value!r}")


def check_choice(option: str, value: Any, choices: Sequence[Any]) -> None:
    """Refuse what is none of the choices."""
    if value not in choices or isinstance(value, bool) != any(isinstance(choice, bool) for choice in choices):
        names = ", ".join("null" if choice is None else str(choice) for choice in choices)
        raise OptionError(f"{option}: expected one of {names}, got {'null' if value is None else repr(value)}")


def check_flag(option: str, value: Any) -> None:
    """Refuse what is neither true nor false."""
    if not isinstance(value, bool):
        raise OptionError(f"{option}: expected true or false, got {value!r}")


def read_trainer(config: Mapping[str, Any]) -> str:
    """Give the config's trainer: keras or scratch."""
    check_choice("trainer", config["trainer"], ("keras", "scratch"))
    return str(config["trainer"])


def check_seed(value: Any) -> None:
    """Refuse what cannot seed a training."""
    check_whole("seed", value, least=0, most=LARGEST_SEED)


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """How a network is fitted: Adam on sparse categorical cross-entropy.

    `learning_rate_schedule` is null (constant) or cosine (down to 0 over all epochs, Loshchilov & Hutter, 2017);
    `clipnorm` bounds the norm of each gradient; `early_stopping` is the number of epochs to wait for a better `monitor`,
    after which the best weights are put back.
    """

    epochs: int
    batch_size: int
    learning_rate: float
    learning_rate_schedule: str | None
    clipnorm: float | None
    early_stopping: int | None
    monitor: str

    def __post_init__(self) -> None:
        check_whole("train.epochs", self.epochs)
        check_whole("train.batch_size", self.batch_size)
        check_number("train.learning_rate", self.learning_rate, above=0.0)
        check_choice("train.learning_rate_schedule", self.learning_rate_schedule, (None, "cosine"))
        if self.clipnorm is not None:
            check_number("train.clipnorm", self.clipnorm, above=0.0)
        if self.early_stopping is not None:
            check_whole("train.early_stopping", self.early_stopping)
        check_choice("train.monitor", self.monitor, ("val_loss", "val_accuracy", "val_macro_f1"))
