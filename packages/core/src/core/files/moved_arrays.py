"""Arrays that stand elsewhere than where the layer of a model looks for them.

Keras writes the arrays of an object once, where it meets it first: a layer that stands in two models (inside one, and beside
it) has none in the second position. And the projections of attention had private names in Keras 2: ``_query_dense``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeVar

from core.layers.base import Layer

Value = TypeVar("Value", bound=Mapping[str, object])

_MEMBER = re.compile(r"(.*/)?layers/[^/]+")


def find_moved(groups: Mapping[str, Value], model: Layer) -> dict[str, Value]:
    """Return groups (by paths that end in ``vars``), those that moved by the paths under which the model has them, too."""
    found = dict(groups)
    held = {prefix for path, group in groups.items() if len(group) for prefix in _prefixes(path)}
    first: dict[tuple[type[Layer], str], str] = {}
    for place, layer in model.walk():
        path = f"{place}/vars"
        if path not in found and layer.parameter_shapes and (private := f"{_private(place)}/vars") in found:
            found[path] = found.pop(private)
        if not _MEMBER.fullmatch(place):
            continue
        who = type(layer), layer.name
        if place in held:
            first.setdefault(who, place)
        elif who in first and layer.count_parameters():
            copies = {place + old.removeprefix(first[who]): group for old, group in _under(found, first[who])}
            found |= copies
            held |= {prefix for copy in copies for prefix in _prefixes(copy)}
    return found


def _prefixes(path: str) -> Iterator[str]:
    """Yield the path of every layer around some arrays: ``a/b/vars`` lies in a and in a/b."""
    parts = path.split("/")
    return ("/".join(parts[:end]) for end in range(1, len(parts)))


def _private(place: str) -> str:
    around, _, name = place.rpartition("/")
    return f"{around}/_{name}"


def _under(groups: Mapping[str, Value], place: str) -> list[tuple[str, Value]]:
    return [(path, group) for path, group in groups.items() if path.startswith(f"{place}/")]
