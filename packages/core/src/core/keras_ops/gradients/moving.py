"""What only moves numbers, goes back by itself: number the places, move the numbers, and see where each came from.

A gradient is added to the place that its number came from; a place that was not taken has none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.arrays import Array
from core.keras_ops import joining, networks, shaping
from core.keras_ops.choosing import take, take_along_axis
from core.nests import leaves


def _brought_back(places: Any, dy: Any, size: int) -> Array:
    """Add up the gradients of each place, (size,); places may lie in several arrays, and those from `size` on are none."""
    total = np.zeros(size)
    for place, gradient in zip(leaves(places), leaves(dy), strict=True):
        total += np.bincount(np.ravel(place).astype(np.intp), np.ravel(gradient), size)[:size]
    return total


def _of_one(function: Callable[..., Any]) -> Callable[..., Array]:
    """The way back through a function that moves the numbers of its first argument."""

    def back(dy: Any, _: Any, x: Array, *args: Any, **options: Any) -> Array:
        places = function(np.arange(x.size).reshape(x.shape), *args, **options)
        return _brought_back(places, dy, x.size).reshape(x.shape)

    return back


def _of_many(function: Callable[..., Any]) -> Callable[..., list[Array]]:
    """The way back through a function that puts a list of arrays together."""

    def back(dy: Array, _: Array, xs: Sequence[Any], *args: Any, **options: Any) -> list[Array]:
        arrays = [np.asarray(x) for x in xs]
        starts = np.cumsum([0, *(x.size for x in arrays)])
        places = [start + np.arange(x.size).reshape(x.shape) for start, x in zip(starts[:-1], arrays, strict=True)]
        total = _brought_back(function(places, *args, **options), dy, starts[-1])
        return [part.reshape(x.shape) for part, x in zip(np.split(total, starts[1:-1]), arrays, strict=True)]

    return back


def _reshaped(dy: Array, _: Array, x: Array, *args: Any, **options: Any) -> Array:
    """The same numbers under the shape that they had."""
    del args, options
    return dy.reshape(x.shape)


def append(dy: Array, _: Array, x1: Any, x2: Any, axis: int | None = None) -> tuple[Array, ...]:
    """The way back through `joining.append`."""
    return tuple(_of_many(lambda xs: joining.append(xs[0], xs[1], axis))(dy, _, [x1, x2]))


def pad(dy: Array, _: Array, x: Array, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Array:
    """A border of a constant has no place that it came from."""
    del constant_values
    return _of_one(joining.pad)(
        dy, _, x, pad_width, mode, **({"constant_values": x.size} if mode == "constant" else {})
    )


TABLE: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("Reshape", "Ravel", "ExpandDims", "Squeeze"), _reshaped),
    "Transpose": _of_one(shaping.transpose),
    "Swapaxes": _of_one(shaping.swapaxes),
    "Moveaxis": _of_one(shaping.moveaxis),
    "BroadcastTo": _of_one(shaping.broadcast_to),
    "Flip": _of_one(shaping.flip),
    "Fliplr": _of_one(np.fliplr),
    "Flipud": _of_one(np.flipud),
    "Rot90": lambda dy, y, array, k=1, axes=(0, 1): _of_one(shaping.rot90)(dy, y, array, k, axes),
    "Diagonal": _of_one(shaping.diagonal),
    "Split": _of_one(shaping.split),
    "ArraySplit": _of_one(shaping.array_split),
    "Unstack": _of_one(shaping.unstack),
    "GetItem": _of_one(shaping.get_item),
    "Take": _of_one(take),
    "TakeAlongAxis": _of_one(take_along_axis),
    "Tile": _of_one(joining.tile),
    "Repeat": _of_one(joining.repeat),
    "Roll": _of_one(joining.roll),
    "Pad": pad,
    "Concatenate": _of_many(joining.concatenate),
    "Stack": _of_many(joining.stack),
    "Hstack": _of_many(joining.hstack),
    "Vstack": _of_many(joining.vstack),
    "Append": append,
    "SpaceToDepth": _of_one(networks.block_to_depth),
    "DepthToSpace": _of_one(networks.depth_to_block),
}
