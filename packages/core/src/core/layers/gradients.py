"""What comes back from a training step: for every parameter how the loss changes with it, or where it moves by itself.

A parameter is named by its layer and its name there, ``gradients[layer, "kernel"]``, so that a layer which is called more
than once, or stands in two places of a network, has one entry, the sum over all its calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.nests import map_nest

#: A parameter: the layer that owns it, and its name.
Slot: TypeAlias = "tuple[Any, str]"

#: How many times a row may be named before its gradients are summed apart (measured: the same from 4 to 16).
SEPARATE_TIMES = 8


class Gradient:
    """What comes back for one parameter where that is more than an array, and how it is applied in a step.

    Gradients, and arrays among them, are added in the order of the calls: ``earlier + later``.
    """

    __array_ufunc__ = None  # leaves ``array + gradient`` to the gradient

    def numbers(self) -> Array:
        """Return the numbers that it consists of; it is finite where they are."""
        raise NotImplementedError

    def dense(self) -> Array:
        """Return one array of the parameter's shape."""
        raise NotImplementedError

    def changed(self, change: Callable[[Array], Array]) -> Gradient:
        """Return the gradient whose numbers are those of this one after `change`."""
        return WholeArray(change(self.numbers()))

    def squared(self) -> Array:
        """Square the numbers, each before those of one row are added up, as Keras does.

        Frequent tokens so take other steps than Adam and RMSprop mean, in every embedding that Keras ever trained.
        """
        return self.changed(np.square).dense()

    def __add__(self, later: Any) -> Any:
        return self.dense() + later

    def __radd__(self, earlier: Array) -> Any:
        return earlier + self.dense()

    def begin_step(self, layer: Any, name: str) -> Gradient:
        """Set the parameter where the forward pass replaced it, and return the gradient that its step follows."""
        del layer, name
        return self

    def end_step(self, layer: Any, name: str) -> None:
        """Set the parameter where it follows the data, not the loss."""


@dataclass(frozen=True)
class WholeArray(Gradient):
    """An array of the parameter's shape: the gradient of most parameters."""

    values: Array

    def numbers(self) -> Array:
        """Return the array."""
        return self.values

    dense = numbers


@dataclass(frozen=True)
class SparseRows(Gradient):
    """The gradient of a table of which few rows were looked up: row ``ids[i]`` takes part with ``values[i]``.

    ids (n,), values (n, columns); a row may be named several times. All other rows of the table (rows, columns) are zero.
    """

    ids: Array
    values: Array
    rows: int

    def numbers(self) -> Array:
        """Return the values, one row for each time that a row is named."""
        return self.values

    def changed(self, change: Callable[[Array], Array]) -> SparseRows:
        """Change the values; all other rows stay zero."""
        return replace(self, values=change(self.values))

    def __add__(self, later: Any) -> Any:
        if not isinstance(later, SparseRows):
            return super().__add__(later)
        ids, values = np.concatenate([self.ids, later.ids]), np.concatenate([self.values, later.values])
        return SparseRows(ids, values, self.rows)

    def dense(self) -> Array:
        """Return the whole table: (rows, columns).

        What names a row for the first time, the second time, ... names every row at most once, and so adds up in one call;
        what names one row very often is summed before.
        """
        table = np.zeros((self.rows, self.values.shape[1]), self.values.dtype)
        order = np.argsort(self.ids, kind="stable")
        ids = self.ids[order]
        starts = np.flatnonzero(np.diff(ids, prepend=-1))
        time = np.arange(len(ids)) - np.repeat(starts, np.diff(starts, append=len(ids)))  # 0 where a row is named first
        for number in range(min(SEPARATE_TIMES, time.max(initial=-1) + 1)):
            chosen = time == number
            table[ids[chosen]] += self.values[order[chosen]]
        often = time >= SEPARATE_TIMES
        if often.any():
            starts = np.flatnonzero(time[often] == SEPARATE_TIMES)
            table[ids[often][starts]] += np.add.reduceat(self.values[order[often]], starts, axis=0)
        return table


@dataclass(frozen=True)
class MovingAverage(Gradient):
    """A parameter that follows the data and not the loss: new value = keep * old value + change."""

    keep: float
    change: Array

    def numbers(self) -> Array:
        """Return the change."""
        return self.change

    def __add__(self, later: MovingAverage) -> MovingAverage:
        return MovingAverage(self.keep * later.keep, self.change * later.keep + later.change)

    def applied(self, old: Array) -> Array:
        """Return the new value."""
        return (old * old.dtype.type(self.keep) + self.change).astype(old.dtype, copy=False)

    def end_step(self, layer: Any, name: str) -> None:
        """Set the new value."""
        layer.assign(name, self.applied(layer.parameters[name]), copy=False)


@dataclass(frozen=True)
class ReplacedParameter(Gradient):
    """A parameter that took another value in the forward pass: its step begins at `value`, and goes by `gradient`."""

    value: Array
    gradient: Array | Gradient

    def dense(self) -> Array:
        """Return the gradient as one array."""
        return as_gradient(self.gradient).dense()

    def __add__(self, later: Any) -> Any:
        raise UnsupportedLayerError("a layer that renews its kernel in training must be called only once in a network")

    __radd__ = __add__

    def begin_step(self, layer: Any, name: str) -> Gradient:
        """Set the value."""
        layer.assign(name, self.value, copy=False)
        return as_gradient(self.gradient)


def as_gradient(found: Array | Gradient) -> Gradient:
    """Return what came back for a parameter as a `Gradient`, an array too."""
    return found if isinstance(found, Gradient) else WholeArray(found)


Gradients: TypeAlias = "dict[Slot, Array | Gradient]"
#: dx, gradients = backward(dy): from the gradient of the output to that of the inputs and of the parameters.
#: dx has the structure of the input; where several arguments of a layer hold tensors, it is a dict by their names.
Backward: TypeAlias = Callable[[Any], "tuple[Any, Gradients]"]


#: A gradient of an input that costs a product of its own: computed where somebody asks for it.
Deferred: TypeAlias = Callable[[], Array]


def computed(nest: Any) -> Any:
    """Return gradients of inputs with all that was deferred computed."""
    return map_nest(lambda leaf: leaf() if callable(leaf) else leaf, nest)


@dataclass(frozen=True)
class ArgumentGradients:
    """The gradients of what a call was given: for each argument by position and by name, in its structure, or None."""

    args: tuple[Any, ...]
    named: dict[str, Any]


def join(earlier: Gradients, later: Gradients) -> Gradients:
    """Add up what two calls say; `earlier` ran first, so what moves by itself moves as it says first."""
    joined = dict(later)
    for slot, gradient in earlier.items():
        joined[slot] = gradient + joined[slot] if slot in joined else gradient
    return joined
