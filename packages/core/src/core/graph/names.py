"""Names of the layers of a model: each has one of its own, given by the user or chosen as Keras chooses it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.errors import InputError
from core.layers.base import Layer


def name_layers(layers: Sequence[Layer]) -> None:
    """Return each layer without a name one of its own: ``dense``, ``dense_1``, ... Raises as `check_names` does."""
    distinct = list({id(layer): layer for layer in layers}.values())
    taken = {layer.name for layer in distinct if layer.is_named}
    numbers: dict[str, int] = {}
    for layer in distinct:
        if not layer.is_named:
            layer.name = unused_name(layer.name, taken, numbers)
            layer.is_named = True
            taken.add(layer.name)
    check_names(distinct)


def check_names(layers: Sequence[Layer]) -> None:
    """Raise `InputError` where two layers have one name: Keras would refuse the model, and files could not tell them apart."""
    counts = Counter(layer.name for layer in {id(layer): layer for layer in layers}.values())
    name, count = next(iter(counts.most_common(1)), ("", 0))
    if count > 1:
        raise InputError(
            f"{count} layers of a model have the name {name!r}: give each a name of its own (layer.name = ...)"
        )


def separate_names(layers: Sequence[Layer]) -> None:
    """Put a number behind the names that a file gives again."""
    met: set[str] = set()
    taken = {layer.name for layer in layers}
    numbers: dict[str, int] = {}
    for layer in layers:
        if layer.name in met:
            layer.name = unused_name(layer.name, taken, numbers)
            taken.add(layer.name)
        met.add(layer.name)


def unused_name(name: str, taken: set[str], numbers: dict[str, int]) -> str:
    """Return `name`, with the lowest number behind it where it is taken: ``dense_1``.

    `numbers` remembers the last number of each name, so that many layers of one name are not counted again for each.
    """
    found, number = name, numbers.get(name, 0)
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    numbers[name] = number
    return found
