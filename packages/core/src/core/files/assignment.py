"""All parameters of a file are assigned, or none: they are read and checked first, and a failure leaves the model as it was."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from core.arrays import Array
from core.layers.base import Layer


class Assignment(NamedTuple):
    """A value for the parameter `name` of `layer`."""

    layer: Layer
    name: str
    value: Array


@contextmanager
def all_or_nothing(model: Layer) -> Iterator[None]:
    """Put all layers back as they were if the block fails: parameters, vocabularies, and what follows from them."""
    layers = {id(layer): layer for _, layer in model.walk()}.values()
    before = [(layer, dict(vars(layer)), dict(layer.parameters), dict(layer.parameter_shapes)) for layer in layers]
    try:
        yield
    except BaseException:
        for layer, attributes, parameters, shapes in before:
            vars(layer).clear()
            vars(layer).update(attributes)
            for now, then in ((layer.parameters, parameters), (layer.parameter_shapes, shapes)):
                now.clear()
                now.update(then)  # type: ignore[arg-type]
        raise


def assign_all(assignments: Iterable[Assignment]) -> None:
    """Assign what was read, after all of it was."""
    waiting = list(assignments)[::-1]
    while waiting:
        layer, name, value = waiting.pop()  # not kept, so that a model of another type is held in memory once
        with np.errstate(over="ignore", invalid="ignore"):  # `warn_of_nan` names what is too large for the type
            layer.assign(name, value, copy=False)


def warn_of_nan(model: Layer) -> None:
    """Warn of parameters that hold NaN or infinity: the file is readable, its training was not."""
    for _, layer in model.walk():
        for name in layer.parameter_shapes:
            value = layer.stored(name)
            if value.dtype.kind == "f" and not np.isfinite(value).all():
                kind = "NaN" if np.isnan(value).any() else "infinity"
                warnings.warn(f"{layer}: parameter {name!r} holds {kind}", RuntimeWarning, stacklevel=5)
