"""Regularizers add to the loss what large parameters cost: l1 * sum |w| + l2 * sum w^2.

Source: https://keras.io/api/layers/regularizers/
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.layers.base import Layer
from core.layers.trainable import Parameter, named, parameters

_STRENGTHS = {"l1": ("l1",), "l2": ("l2",), "l1_l2": ("l1", "l2"), "l1l2": ("l1", "l2")}
#: l1 and l2.
Strengths: TypeAlias = tuple[float, float]
_DEFAULT = 0.01  # of Keras' regularizers that are named without a strength


@dataclass(frozen=True)
class Penalty:
    """The penalty of one parameter."""

    parameter: Parameter
    l1: float
    l2: float

    def cost(self) -> float:
        """Return l1 * sum |w| + l2 * sum w^2."""
        w = self.parameter.value
        total = 0.0
        if self.l1:
            total += self.l1 * float(np.sum(np.abs(w)))
        if self.l2:
            total += self.l2 * float(np.sum(np.square(w)))
        return total

    def gradient(self) -> Array:
        """Return l1 * sign(w) + 2 * l2 * w."""
        w = self.parameter.value
        return (self.l1 * np.sign(w) + 2 * self.l2 * w).astype(w.dtype, copy=False)


def penalties(model: Layer) -> list[Penalty]:
    """Read the regularizers of all trainable parameters. Raises `UnsupportedLayerError` for another kind."""
    found = [_penalty(parameter) for parameter in parameters(model) if parameter.trainable]
    return [penalty for penalty in found if penalty is not None]


def strengths_of(given: Any, what: str) -> Strengths | None:
    """Read l1 and l2 from what a config gives as a regularizer, None where there is none."""
    if given is None:
        return None
    name, config = named(given)
    names = None if name is None else _STRENGTHS.get(name)
    if names is None:
        raise UnsupportedLayerError(f"the regularizer {given!r} of {what} is not one that Kaca knows; use l1 and l2")
    values = {key: float(config.get(key, _DEFAULT)) for key in names}
    return values.get("l1", 0.0), values.get("l2", 0.0)


def _penalty(parameter: Parameter) -> Penalty | None:
    found = strengths_of(parameter.option("regularizer"), str(parameter))
    return None if found is None else Penalty(parameter, *found)
