"""The options of the vision trainer: what the network looks like, how it is trained, and which images it learns from."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from core.checks import flag, integer, number, one_of
from core.errors import InputError
from core.experiment.command.options import DataOptions, Options, TrainOptions, option

CONV_LAYERS = (2, 4, 6)
BLOCKS_AT_MOST = 3


def filters_of_blocks(value: Any, name: str) -> tuple[int, ...]:
    """Read 32-64-128, or a list of three numbers. Raises `InputError`."""
    parts = value.split("-") if isinstance(value, str) else value
    is_sequence = isinstance(parts, list | tuple)
    if not is_sequence or len(parts) != BLOCKS_AT_MOST or not all(re.fullmatch(r"[1-9]\d{0,4}", str(p)) for p in parts):
        raise InputError(f"{name} must be a number for each of {BLOCKS_AT_MOST} blocks, like 32-64-128, got {value!r}")
    return tuple(int(part) for part in parts)


@dataclass(frozen=True, kw_only=True)
class ModelOptions(Options):
    """The network. `filters` is one number per block, typed as 32-64-128; the networks of 2 and 4 layers use the first two."""

    conv_layers: int = option(one_of, allowed=CONV_LAYERS)
    filters: tuple[int, ...] = option(filters_of_blocks)
    kernel_size: int = option(integer, maximum=32)
    pooling: str = option(one_of, allowed=("max", "average"))
    dense_units: int = option(integer)
    batch_norm: bool = option(flag)
    dropout: float = option(number, minimum=0, below=1)


@dataclass(frozen=True, kw_only=True)
class VisionTrainOptions(TrainOptions):
    """How it is trained; `augmentation` mirrors and shifts the training images."""

    augmentation: bool = option(flag)


@dataclass(frozen=True, kw_only=True)
class VisionDataOptions(DataOptions):
    """Which images; `split_seed` draws the splits."""

    name: str = option(one_of, allowed=("cifar10", "digits"))
    split_seed: int = option(integer, minimum=0)
