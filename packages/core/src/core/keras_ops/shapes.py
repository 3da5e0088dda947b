"""What shape comes out of an operation: rules for the common families, and a trial run for the rest.

A trial runs the function on stand-ins, arrays of zeros that take no memory because all their numbers are one and the
same; unknown sizes get two different lengths, and what differs in the output is unknown.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Shape, show_shape
from core.checks import axes_of
from core.errors import InputError
from core.keras_ops.operation import Call
from core.layers.calls import Symbol
from core.nests import map_nest

#: Lengths of stand-ins, long enough that a constant index falls inside.
_LENGTHS = (10_007, 10_009)


def same(call: Call) -> Shape:
    """Return the shape of the first tensor: element by element, or along an axis that stays."""
    return call.shape


def broadcast(call: Call) -> Shape:
    """Broadcast all tensors and constants against each other."""
    result: Shape = ()
    for shape in call.shapes:
        result = broadcast_two(result, shape)
    return result


def broadcast_two(one: Shape, other: Shape) -> Shape:
    """Broadcast two shapes; an unknown size gives way to a known one above 1, as in Keras."""
    rank = max(len(one), len(other))
    one, other = (1,) * (rank - len(one)) + one, (1,) * (rank - len(other)) + other
    result = []
    for a, b in zip(one, other, strict=True):
        if a is not None and b is not None and a != b and 1 not in (a, b):
            raise InputError(f"shapes {show_shape(one)} and {show_shape(other)} do not fit together")
        result.append(b if a == 1 or (a is None and b != 1) else a)
    return tuple(result)


def reduced(call: Call) -> Shape:
    """Leave out the axes of the option `axis` (all where it is None), or keep them with size 1 (`keepdims`)."""
    return without(call.shape, call.options.get("axis"), call.options.get("keepdims"))


def without(shape: Shape, axis: Any, keepdims: Any) -> Shape:
    """Leave out axes of a shape, or keep them with size 1."""
    axes = range(len(shape)) if axis is None else axes_of(axis, "axis", rank=len(shape))
    if keepdims:
        return tuple(1 if position in axes else size for position, size in enumerate(shape))
    return tuple(size for position, size in enumerate(shape) if position not in axes)


def view(call: Call) -> Any:
    """Try the function on stand-ins: for those that look at the same numbers in another way and make none."""
    first, second = (_run(call, length) for length in _LENGTHS)
    return _compare(first, second)


def _run(call: Call, length: int) -> Any:
    def stand_in(leaf: Any) -> Any:
        if not isinstance(leaf, Symbol):
            return leaf
        return np.broadcast_to(np.zeros((), np.int8), [length if size is None else size for size in leaf.shape])

    return call.function(*map_nest(stand_in, call.args), **map_nest(stand_in, call.options))


def _compare(first: Any, second: Any) -> Any:
    if isinstance(first, list):
        return [_compare(one, other) for one, other in zip(first, second, strict=True)]
    return tuple(a if a == b else None for a, b in zip(first.shape, second.shape, strict=True))


def numpy_axes(axis: Any) -> Any:
    """Return a list of axes as the tuple that NumPy wants; it compares each with each, and no array has more than 64."""
    if isinstance(axis, list) and len(axis) > 64:
        raise InputError(f"axis must name 64 axes at most, got {len(axis)}")
    return tuple(axis) if isinstance(axis, list) else axis
