"""A section of the config becomes a frozen record of checked options, so that a typo or an impossible value is an error.

The records have no defaults: every default stands once, in `experiments/<package>/config.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import partial
from typing import Any, TypeVar

from core.checks import flag, integer, number, one_of
from core.errors import InputError
from core.experiment.errors import OptionError
from core.experiment.task import Settings, Task

Record = TypeVar("Record", bound="Options")
LARGEST_SEED = 2**32 - 1  # what NumPy's legacy generator, which keras.utils.set_random_seed also seeds, can take


def option(check: Callable[..., Any], *, optional: bool = False, **limits: Any) -> Any:
    """Declare an option of a section: the check of `core.checks` that it must pass; null, too, where it is optional."""
    return field(metadata={"check": partial(check, **limits), "optional": optional})


@dataclass(frozen=True, kw_only=True)
class Options:
    """A section of the config, each field of it an `option`. Raises `InputError` with the name of the one that does not fit."""

    def __post_init__(self) -> None:
        for declared in fields(self):
            name, value = declared.name, getattr(self, declared.name)
            if value is None and declared.metadata["optional"]:
                continue
            try:
                checked = declared.metadata["check"](value, name)
            except InputError as error:
                cure = "; null turns it off" if declared.metadata["optional"] else ""
                raise InputError(f"{error}{cure}") from None
            if type(value) is not int:  # a number that was typed as 1 stays that: 1.0 would be another key in the store
                object.__setattr__(self, name, checked)


@dataclass(frozen=True, kw_only=True)
class JobOptions(Options):
    """What stands above the sections: the seed, whether to train anew, and who trains, Keras or Kaca itself ("scratch")."""

    seed: int = option(integer, minimum=0, maximum=LARGEST_SEED)
    force: bool = option(flag)
    trainer: str = option(one_of, allowed=("keras", "scratch"))


@dataclass(frozen=True, kw_only=True)
class TrainOptions(Options):
    """How a network is fitted: Adam on sparse categorical cross-entropy.

    `learning_rate_schedule` is null (constant) or cosine (down to 0 over all epochs, Loshchilov & Hutter, 2017);
    `clipnorm` bounds the norm of each gradient; `early_stopping` is the number of epochs to wait for a better `monitor`,
    after which the best weights are put back.
    """

    epochs: int = option(integer)
    batch_size: int = option(integer)
    learning_rate: float = option(number, above=0, below=1e9)
    learning_rate_schedule: str | None = option(one_of, optional=True, allowed=("cosine",))
    clipnorm: float | None = option(number, optional=True, above=0, below=1e9)
    early_stopping: int | None = option(integer, optional=True)
    monitor: str = option(one_of, allowed=("val_loss", "val_accuracy", "val_macro_f1"))


@dataclass(frozen=True, kw_only=True)
class DataOptions(Options):
    """Which examples: all of each split, or a stratified part of it where a limit is given.

    With `fallback`, bundled data stands in for a public data set that cannot be had.
    """

    fallback: bool = option(flag)
    train_limit: int | None = option(integer, optional=True)
    validation_limit: int | None = option(integer, optional=True)
    test_limit: int | None = option(integer, optional=True)


def read_options(kind: type[Record], values: Mapping[str, Any], section: str = "") -> Record:
    """Build the record of a section; raises `OptionError` with the name of the option that does not fit."""
    start = f"{section}." if section else ""
    known = [declared.name for declared in fields(kind)]
    unknown = sorted(set(values) - set(known))
    if unknown:
        raise OptionError(f"{start}{unknown[0]}: no such option; {section} has {', '.join(known)}")
    missing = [name for name in known if name not in values]
    if missing:
        raise OptionError(f"{start}{missing[0]}: this option has no value; give it one in the config")
    try:
        return kind(**values)
    except InputError as error:
        raise OptionError(f"{start}{error}") from None


def read_settings(task: Task, config: Mapping[str, Any]) -> Settings:
    """Check all options of a job; raises `OptionError`."""
    own = read_options(JobOptions, {name: config[name] for name in ("seed", "force", "trainer")})
    sections: dict[str, Any] = {name: read_options(kind, config[name], name) for name, kind in task.options.items()}
    return Settings(**sections, seed=own.seed, force=own.force, trainer=own.trainer)
