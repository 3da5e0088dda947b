"""Checks of options, of layers and of experiments: what a config says is believed only after its type and range were looked at.

Each function returns the checked value, or raises `InputError` with the option's name, what it may be, and what came.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import TypeVar

from core.errors import InputError

Choice = TypeVar("Choice")

#: No axis, kernel or layer of a real network is larger; a config that says so is broken or hostile.
LARGEST_SIZE = 2**31 - 1


#: Options that hold as many values as there are data; any other lists something of each axis, of which no array has more
#: than 64, or of each part of the layer.
_LONG = frozenset(
    ("vocabulary", "idf_weights", "bin_boundaries", "mean", "variance", "scale", "offset", "weights", "layers", "cells",
     "cell", "repeats", "indices_or_sections", "bins", "build_input_shape", "input_layers", "output_layers", "value")
)  # fmt: skip
_LONGEST = 64
_MOST_OPTIONS = 1_000


def refuse_endless(config: Mapping[str, object]) -> None:
    """Raise `InputError` for a config of more options, or longer lists in them, than any layer has."""
    if len(config) > _MOST_OPTIONS:
        raise InputError(f"a layer has {_MOST_OPTIONS} options at most, got {len(config):,}")
    for option, value in config.items():
        if isinstance(value, list) and len(value) > _LONGEST and option not in _LONG:
            raise InputError(f"{option} must list {_LONGEST} values at most, got {len(value):,}")


def integer(value: object, option: str, *, minimum: int = 1, maximum: int = LARGEST_SIZE) -> int:
    """Return `value` if it is a whole number in [minimum, maximum]."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, Integral) or not minimum <= int(value) <= maximum:
        raise InputError(f"{option} must be an integer in [{minimum}, {maximum}], got {value!r}")
    return int(value)


def integers(value: object, option: str, *, count: int, minimum: int = 1) -> tuple[int, ...]:
    """Return `count` whole numbers: one number stands for all, as in ``strides=2``."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        if len(value) != count:
            raise InputError(f"{option} must be one integer or {count} of them, got {value!r}")
        return tuple(integer(item, option, minimum=minimum) for item in value)
    return (integer(value, option, minimum=minimum),) * count


def number(
    value: object,
    option: str,
    *,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    above: float = -math.inf,
    below: float = math.inf,
) -> float:
    """Return `value` as a finite float in [minimum, maximum], or between `above` and `below`, which are not taken themselves."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        raise InputError(f"{option} must be a finite number, got {value!r}")
    if not (minimum <= float(value) <= maximum and above < float(value) < below):
        low = f"[{minimum}" if minimum > above else f"({above}"
        high = f"{maximum}]" if maximum < below else f"{below})"
        raise InputError(f"{option} must lie in {low}, {high}, got {value!r}")
    return float(value)


def flag(value: object, option: str) -> bool:
    """Return `value` if it is true or false."""
    if not isinstance(value, bool):
        raise InputError(f"{option} must be true or false, got {value!r}")
    return value


def one_of(value: object, option: str, allowed: Sequence[Choice]) -> Choice:
    """Return `value` if it is one of `allowed`."""
    for choice in allowed:
        if type(value) is type(choice) and value == choice:
            return choice
    raise InputError(f"{option} must be one of {', '.join(map(repr, allowed))}, got {value!r}")


def axis_of(value: object, option: str, *, rank: int) -> int:
    """Return an axis counted from the front, for an array of `rank` axes: -1 is the last."""
    axis = integer(value, option, minimum=-rank, maximum=rank - 1)
    return axis % rank


def axes_of(value: object, option: str, *, rank: int) -> tuple[int, ...]:
    """Return one axis or several, in the given order, counted from the front; none may be named twice."""
    given = value if isinstance(value, list | tuple) else [value]
    axes = tuple(axis_of(axis, option, rank=rank) for axis in given)
    if len(set(axes)) != len(axes):
        raise InputError(f"{option} must name each axis once, got {value!r}")
    return axes
