"""Operations that look at the same numbers in another way: other axes, another shape."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer
from core.keras_ops.moving import of_one
from core.keras_ops.operation import Call, ShapeRule
from core.keras_ops.row import NN, Row
from core.keras_ops.row_rules import Arguments, above_rank, names_rows, of_axes, rank
from core.keras_ops.shapes import numpy_axes, same, view
from core.layers.reshaping.reshape import reshaped


def reshape(x: Array, newshape: Any) -> Array:
    """Write the numbers under another shape; one size may be -1."""
    return np.reshape(x, _sizes(newshape))


def _sizes(shape: Any) -> tuple[int, ...]:
    given = shape if isinstance(shape, list | tuple) else [shape]
    return tuple(integer(size, "shape", minimum=-1) for size in given)


def _reshaped_shape(call: Call) -> Shape:
    return reshaped(call.shape, _sizes(call.options["newshape"] if len(call.args) < 2 else call.args[1]))


def _reshaped_rows(given: Arguments) -> bool:
    """The batch stays in front, and a row keeps its numbers."""
    shape, wanted = given["x"].shape, given["newshape"]
    row = shape[1:]
    if not isinstance(wanted, list | tuple) or len(wanted) < 1 or None in row or wanted[0] != -1:
        return False
    rest = wanted[1:]
    return all(isinstance(size, int) and size >= 0 for size in rest) and prod(rest) == prod(row)


def _reshaped_gradient(dy: Array, _: Array, x: Array, *args: Any, **options: Any) -> Array:
    """The same numbers under the shape that they had."""
    del args, options
    return dy.reshape(x.shape)


def transpose(x: Array, axes: Any = None) -> Array:
    """Put the axes in another order; without one, in the opposite order."""
    return np.transpose(x, axes or None)


def _transposed_rows(given: Arguments) -> bool:
    axes = given["axes"]
    return isinstance(axes, list | tuple) and len(axes) > 0 and axes[0] in {0, -rank(given)}


def expand_dims(x: Array, axis: Any) -> Array:
    """Put in axes of size 1."""
    return np.expand_dims(x, numpy_axes(axis))


def _expanded_rows(given: Arguments) -> bool:
    axes = given["axis"] if isinstance(given["axis"], list | tuple) else [given["axis"]]
    return not names_rows(axes, rank(given) + len(axes))


def squeeze(x: Array, axis: Any = None) -> Array:
    """Leave out axes of size 1."""
    return np.squeeze(x, numpy_axes(axis))


def swapaxes(x: Array, axis1: int, axis2: int) -> Array:
    """Swap two axes."""
    return np.swapaxes(x, axis1, axis2)


def moveaxis(x: Array, source: Any, destination: Any) -> Array:
    """Move axes to other positions."""
    return np.moveaxis(x, source, destination)


def broadcast_to(x: Array, shape: Any) -> Array:
    """Repeat along axes of size 1."""
    return np.broadcast_to(x, tuple(shape))


def flip(x: Array, axis: Any = None) -> Array:
    """Turn axes round."""
    return np.flip(x, numpy_axes(axis))


def rot90(array: Array, k: int = 1, axes: Any = (0, 1)) -> Array:
    """Turn by k quarters in the plane of two axes."""
    return np.rot90(array, k, tuple(axes))


def ravel(x: Array) -> Array:
    """Write all numbers in one row."""
    return np.reshape(x, -1)


def roll(x: Array, shift: Any, axis: Any = None) -> Array:
    """Shift round along axes: what falls off comes in on the other side."""
    return np.roll(x, shift, tuple(axis) if isinstance(axis, list) else axis)


def block_to_depth(x: Array, block_size: int, data_format: str = "channels_last") -> Array:
    """(batch, h, w, c) -> (batch, h/b, w/b, b*b*c): each block of b x b becomes channels."""
    x = np.moveaxis(x, 1, -1) if data_format == "channels_first" else np.asarray(x)
    batch, height, width, channels = x.shape
    cut = x.reshape(batch, height // block_size, block_size, width // block_size, block_size, channels)
    y = cut.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height // block_size, width // block_size, -1)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def depth_to_block(x: Array, block_size: int, data_format: str = "channels_last") -> Array:
    """(batch, h, w, b*b*c) -> (batch, h*b, w*b, c): channels become blocks of b x b."""
    x = np.moveaxis(x, 1, -1) if data_format == "channels_first" else np.asarray(x)
    batch, height, width, channels = x.shape
    cut = x.reshape(batch, height, width, block_size, block_size, channels // block_size**2)
    y = cut.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height * block_size, width * block_size, -1)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def _blocks_shape(up: bool) -> ShapeRule:
    def rule(call: Call) -> Shape:
        shape, block = call.shape, call.options["block_size"]
        first = call.options.get("data_format") == "channels_first"
        positions = (2, 3, 1) if first else (1, 2, 3)
        result = list(shape)
        for position in positions:
            size, area = result[position], block * block if position == positions[2] else block
            if size is not None:
                result[position] = size * area if up != (position == positions[2]) else size // area
        return tuple(result)

    return rule


ROWS = {
    "Reshape": Row(reshape, _reshaped_shape, _reshaped_gradient, _reshaped_rows),
    "Ravel": Row(ravel, view, _reshaped_gradient),
    "ExpandDims": Row(expand_dims, view, _reshaped_gradient, _expanded_rows),
    "Squeeze": Row(squeeze, view, _reshaped_gradient, of_axes("axis")),
    "Transpose": Row(transpose, view, of_one(transpose), _transposed_rows),
    "Swapaxes": Row(swapaxes, view, of_one(swapaxes), of_axes("axis1", "axis2")),
    "Moveaxis": Row(moveaxis, view, of_one(moveaxis), of_axes("source", "destination")),
    "BroadcastTo": Row(broadcast_to, lambda call: _sizes(call.options["shape"]), of_one(broadcast_to)),
    "Flip": Row(flip, same, of_one(flip), of_axes("axis")),
    "Fliplr": Row(lambda x: np.flip(x, 1), same, of_one(np.fliplr), above_rank(1)),
    "Flipud": Row(lambda x: np.flip(x, 0), same, of_one(np.flipud)),
    "Rot90": Row(rot90, view, of_one(rot90), of_axes("axes")),
    "Roll": Row(roll, same, of_one(roll), of_axes("axis")),
    "SpaceToDepth": Row(block_to_depth, _blocks_shape(up=False), of_one(block_to_depth), above_rank(3), module=NN),
    "DepthToSpace": Row(depth_to_block, _blocks_shape(up=True), of_one(depth_to_block), above_rank(3), module=NN),
}
