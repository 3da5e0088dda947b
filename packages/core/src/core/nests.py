"""Nests: lists, tuples and dicts of tensors, as deep as one likes. What has a type of its own, a named tuple too, is a leaf."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any


def map_nest(function: Callable[[Any], Any], nest: Any) -> Any:
    """Apply `function` to every leaf, and return the results in the same structure."""
    kind = type(nest)
    if kind is dict:
        return {key: map_nest(function, value) for key, value in nest.items()}
    if kind is list or kind is tuple:
        return kind(map_nest(function, value) for value in nest)
    return function(nest)


def leaves(nest: Any) -> Iterator[Any]:
    """Go through the leaves, those of a dict in the order of its sorted keys, as Keras does."""
    kind = type(nest)
    if kind is dict:
        for key in sorted(nest):
            yield from leaves(nest[key])
    elif kind is list or kind is tuple:
        for value in nest:
            yield from leaves(value)
    else:
        yield nest
