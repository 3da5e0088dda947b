"""The parameters of a layer or a model as one list of arrays, in Keras' order: its own, then those of each layer inside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from core.arrays import Array
from core.errors import WeightMismatchError

if TYPE_CHECKING:
    from core.layers.base import Layer


def get_weights(layer: Layer) -> list[Array]:
    """Return copies of all parameters; a layer that stands in two positions counts once."""
    return [np.array(getattr(owner, name)) for owner, name in _slots(layer)]


def set_weights(layer: Layer, weights: Sequence[Any]) -> None:
    """Set all parameters, or none: one array for each, in the order of `get_weights`.

    Raises `WeightMismatchError` where a count, shape or type differs.
    """
    slots = list(_slots(layer))
    if not isinstance(weights, Sequence) or len(weights) != len(slots):
        got = f"{len(weights)} arrays" if isinstance(weights, Sequence) else type(weights).__name__
        raise WeightMismatchError(f"{layer} has {len(slots)} parameters, got {got}")
    try:
        arrays = [np.array(value) for value in weights]
    except ValueError as error:
        raise WeightMismatchError(f"{layer} takes arrays of numbers, got rows of different lengths") from error
    for (owner, name), array in zip(slots, arrays, strict=True):
        owner.check_parameter(name, array)
    for (owner, name), array in zip(slots, arrays, strict=True):
        owner.assign(name, array)


def _slots(layer: Layer) -> Iterator[tuple[Layer, str]]:
    seen: set[int] = set()
    for _, owner in layer.walk():
        if id(owner) not in seen:
            seen.add(id(owner))
            yield from ((owner, name) for name in owner.parameter_shapes)
