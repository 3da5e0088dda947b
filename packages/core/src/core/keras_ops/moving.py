"""What only moves numbers, goes back by itself: number the positions, move the numbers, and see where each came from.

A gradient is added to the position that its number came from; a position that was not taken has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.arrays import Array
from core.nests import leaves


def _brought_back(positions: Any, dy: Any, size: int) -> Array:
    """Add up the gradients of each position, (size,); positions may lie in several arrays, and those from `size` on are none."""
    total = np.zeros(size)
    for position, gradient in zip(leaves(positions), leaves(dy), strict=True):
        total += np.bincount(np.ravel(position).astype(np.intp), np.ravel(gradient), size)[:size]
    return total


def of_one(function: Callable[..., Any]) -> Callable[..., Array]:
    """Return the gradient of a function that moves the numbers of its first argument."""

    def back(dy: Any, _: Any, x: Array, *args: Any, **options: Any) -> Array:
        positions = function(np.arange(x.size).reshape(x.shape), *args, **options)
        return _brought_back(positions, dy, x.size).reshape(x.shape)

    return back


def of_many(function: Callable[..., Any]) -> Callable[..., list[Array]]:
    """Return the gradient of a function that puts a list of arrays together."""

    def back(dy: Array, _: Array, xs: Sequence[Any], *args: Any, **options: Any) -> list[Array]:
        arrays = [np.asarray(x) for x in xs]
        starts = np.cumsum([0, *(x.size for x in arrays)])
        positions = [start + np.arange(x.size).reshape(x.shape) for start, x in zip(starts[:-1], arrays, strict=True)]
        total = _brought_back(function(positions, *args, **options), dy, starts[-1])
        return [part.reshape(x.shape) for part, x in zip(np.split(total, starts[1:-1]), arrays, strict=True)]

    return back
