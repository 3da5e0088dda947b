"""What comes back from a training step: for every parameter how the loss changes with it, or where it moves by itself.

A parameter is named by its layer and its name there, ``gradients[layer, "kernel"]``, so that a layer which is called more
than once, or stands in two places of a network, has one entry, the sum over all its calls.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.nests import map_nest

#: A parameter: the layer that owns it, and its name.
Slot: TypeAlias = "tuple[Any, str]"


#: How many times a row may be named before its gradients are summed apart (measured: the same from 4 to 16).
SEPARATE_TIMES = 8


@dataclass(frozen=True)
class Rows:
    """The gradient of a table of which few rows were looked up: row ``ids[i]`` takes part with ``values[i]``.

    ids (n,), values (n, columns); a row may be named several times. All other rows of the table (rows, columns) are zero.
    """

    ids: Array
    values: Array
    rows: int

    def dense(self) -> Array:
        """Give the whole table: (rows, columns).

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
class Moving:
    """A parameter that follows the data and not the loss: new value = keep * old value + change."""

    keep: float
    change: Array

    def applied(self, old: Array) -> Array:
        """Give the new value."""
        return (old * old.dtype.type(self.keep) + self.change).astype(old.dtype, copy=False)


@dataclass(frozen=True)
class Renewed:
    """A parameter that took another value on the way there: its step begins at `value`, and goes by `gradient`."""

    value: Array
    gradient: Array | Rows


Gradient: TypeAlias = Array | Rows | Moving | Renewed
Gradients: TypeAlias = "dict[Slot, Gradient]"
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
        joined[slot] = _sum(gradient, joined[slot]) if slot in joined else gradient
    return joined


def _sum(earlier: Gradient, later: Gradient) -> Gradient:
    if isinstance(earlier, Moving) and isinstance(later, Moving):
        return Moving(earlier.keep * later.keep, earlier.change * later.keep + later.change)
    if isinstance(earlier, Rows) and isinstance(later, Rows):
        ids, values = np.concatenate([earlier.ids, later.ids]), np.concatenate([earlier.values, later.values])
        return Rows(ids, values, earlier.rows)
    if isinstance(earlier, Renewed) or isinstance(later, Renewed):
        raise UnsupportedLayerError("a layer that renews its kernel in training must be called only once in a network")
    return dense(earlier) + dense(later)


def dense(gradient: Gradient) -> Array:
    """Give a gradient as one array of the parameter's shape."""
    if isinstance(gradient, Renewed):
        gradient = gradient.gradient
    if isinstance(gradient, Rows):
        return gradient.dense()
    assert isinstance(gradient, np.ndarray)
    return gradient
