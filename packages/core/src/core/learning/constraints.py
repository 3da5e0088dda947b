"""Constraints pull parameters back after every step of the optimizer: w = constraint(w), with Keras' formulas and rounding.

Source: https://keras.io/api/layers/constraints/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.checks import axes_of, number
from core.errors import UnsupportedLayerError
from core.layers.trainable import Parameter, named

#: (w, its lengths along an axis) -> the lengths that it shall have.
Wanted: TypeAlias = Callable[[Array], Array]
_EPSILON = 1e-7  # Keras' `backend.epsilon()`


@dataclass(frozen=True)
class Constraint:
    """w * wanted(length) / (epsilon + length), length = sqrt(sum of w^2 over `axis`); without `wanted` max(w, 0)."""

    wanted: Wanted | None
    axis: Any = 0

    def __call__(self, w: Array) -> Array:
        """Return the value that a parameter of this value shall have."""
        if self.wanted is None:
            return np.maximum(w, 0)
        axes = axes_of(self.axis, "axis", rank=w.ndim)
        length = np.sqrt(np.sum(np.square(w), axis=axes, keepdims=True))
        found: Array = w * (self.wanted(length) / (w.dtype.type(_EPSILON) + length))
        return found


def _max_norm(max_value: float = 2, axis: Any = 0) -> Constraint:
    """Return a constraint to lengths of at most `max_value`."""
    return Constraint(lambda length: np.clip(length, 0, number(max_value, "max_value")), axis)


def _unit_norm(axis: Any = 0) -> Constraint:
    """Return a constraint to lengths of 1."""
    return Constraint(np.ones_like, axis)


def _min_max_norm(min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: Any = 0) -> Constraint:
    """Return a constraint to lengths between two bounds, approached by `rate`."""
    low, high, part = (number(value, "constraint") for value in (min_value, max_value, rate))
    return Constraint(lambda length: part * np.clip(length, low, high) + (1 - part) * length, axis)


def _non_negative() -> Constraint:
    """Return a constraint to numbers of at least 0."""
    return Constraint(None)


_KINDS: dict[str, Callable[..., Constraint]] = {
    "max_norm": _max_norm, "unit_norm": _unit_norm, "min_max_norm": _min_max_norm, "non_neg": _non_negative,
}  # fmt: skip


def constraint_of(parameter: Parameter) -> Constraint | None:
    """Read the constraint of a parameter. Raises `UnsupportedLayerError` for another kind than Keras' own."""
    given = parameter.option("constraint")
    if given is None:
        return None
    name, config = named(given)
    kind = None if name is None else _KINDS.get(name)
    try:
        if kind is not None:
            return kind(**config)
    except TypeError as error:
        raise UnsupportedLayerError(f"the constraint {given!r} of {parameter} cannot be made: {error}") from error
    raise UnsupportedLayerError(
        f"the constraint {given!r} of {parameter} is not one that Kaca knows; use {', '.join(_KINDS)}"
    )
