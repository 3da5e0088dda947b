"""The vision trainer's own options: what the network looks like, how it is trained, and which images it learns from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core.experiment.command.options import TrainOptions, check_choice, check_flag, check_number, check_whole
from core.experiment.errors import OptionError

CONV_LAYERS = (2, 4, 6)
BLOCKS_AT_MOST = 3


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """The network. `filters` is one number per block, typed as 32-64-128; the networks of 2 and 4 layers use the first two."""

    conv_layers: int
    filters: tuple[int, ...]
    kernel_size: int
    pooling: str
    dense_units: int
    batch_norm: bool
    dropout: float

    def __post_init__(self) -> None:
        check_choice("model.conv_layers", self.conv_layers, CONV_LAYERS)
        object.__setattr__(self, "filters", _filters(self.filters))
        check_whole("model.kernel_size", self.kernel_size, most=32)
        check_choice("model.pooling", self.pooling, ("max", "average"))
        check_whole("model.dense_units", self.dense_units)
        check_flag("model.batch_norm", self.batch_norm)
        check_number("model.dropout", self.dropout, below=1.0)


@dataclass(frozen=True, kw_only=True)
class VisionTrainOptions(TrainOptions):
    """How it is trained; `augmentation` mirrors and shifts the training images."""

    augmentation: bool

    def __post_init__(self) -> None:
        super().__post_init__()
        check_flag("train.augmentation", self.augmentation)


@dataclass(frozen=True, kw_only=True)
class DataOptions:
    """Which images: all of each split, or a stratified part of it where a limit is given."""

    name: str
    fallback: bool
    split_seed: int
    train_limit: int | None
    validation_limit: int | None
    test_limit: int | None

    def __post_init__(self) -> None:
        check_choice("data.name", self.name, ("cifar10", "digits"))
        check_flag("data.fallback", self.fallback)
        check_whole("data.split_seed", self.split_seed, least=0)
        for limit in ("train_limit", "validation_limit", "test_limit"):
            if getattr(self, limit) is not None:
                check_whole(f"data.{limit}", getattr(self, limit))


def _filters(value: Any) -> tuple[int, ...]:
    """Read 32-64-128, or a list of three numbers."""
    parts = value.split("-") if isinstance(value, str) else value
    is_sequence = isinstance(parts, list | tuple)
    if not is_sequence or len(parts) != BLOCKS_AT_MOST or not all(re.fullmatch(r"[1-9]\d{0,4}", str(p)) for p in parts):
        raise OptionError(
            f"model.filters: expected a number for each of {BLOCKS_AT_MOST} blocks, like 32-64-128, got {value!r}"
        )
    return tuple(int(part) for part in parts)
