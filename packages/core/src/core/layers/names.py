"""Names of layers as Keras makes them of class names, and what calls of their methods may name."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, TypeVar

_Part = TypeVar("_Part")

#: The arguments of a function or class; looked up once, because a network makes thousands of the same few layers.
signature: Callable[[Any], inspect.Signature] = cache(inspect.signature)


def argument_names(function: Any) -> tuple[str, ...]:
    """Name the arguments of a method, apart from `self` and collected keywords."""
    parameters = inspect.signature(function).parameters.values()
    return tuple(p.name for p in parameters if p.name != "self" and p.kind is not p.VAR_KEYWORD)


def snake_case(name: str) -> str:
    """Write a class name as Keras writes layer names: ``SimpleRNN`` -> ``simple_rnn``, ``PReLU`` -> ``p_re_lu``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def numbered(layers: Iterable[_Part]) -> dict[str, _Part]:
    """Name the members of a list of layers as Keras does in files: ``dense``, ``dense_1``, ... counted per class."""
    counts: dict[str, int] = {}
    named: dict[str, _Part] = {}
    for layer in layers:
        kind = snake_case(type(layer).__name__)
        counts[kind] = counts.get(kind, -1) + 1
        named[f"{kind}_{counts[kind]}" if counts[kind] else kind] = layer
    return named
