"""Operations that multiply and add up: matrix products and contractions.

The gradient of one side is dy contracted with the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError
from core.keras_ops.operation import Call
from core.keras_ops.row import Row
from core.keras_ops.row_rules import Arguments, names_rows
from core.keras_ops.shapes import broadcast_two
from core.layers.calls import Symbol
from core.layers.work import Work, numbers_in
from core.ops.broadcasting import unbroadcast
from core.ops.promotion import together


def matmul(x1: Array, x2: Array) -> Array:
    """y = x1 @ x2."""
    return np.matmul(*together(x1, x2))


def _matmul_gradient(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
    """dx1 = dy @ x2^T, dx2 = x1^T @ dy; a vector is a matrix of one row, or one column."""
    one, other = np.asarray(x1), np.asarray(x2)
    rows = one[None, :] if one.ndim == 1 else one
    columns = other[:, None] if other.ndim == 1 else other
    dy = dy[..., None] if other.ndim == 1 else dy
    dy = np.expand_dims(dy, -2) if one.ndim == 1 else dy
    d_rows = unbroadcast(dy @ np.swapaxes(columns, -1, -2), rows.shape)
    d_columns = unbroadcast(np.swapaxes(rows, -1, -2) @ dy, columns.shape)
    return d_rows.reshape(one.shape), d_columns.reshape(other.shape)


def _matmul_shape(call: Call) -> Shape:
    one, other = call.shapes
    if not one or not other:
        raise InputError("a matrix product needs at least one axis on each side")
    left, right = one if len(one) > 1 else (1, *one), other if len(other) > 1 else (*other, 1)
    _equal(left[-1], right[-2])
    rows = left[-2:-1] if len(one) > 1 else ()
    columns = right[-1:] if len(other) > 1 else ()
    return (*broadcast_two(left[:-2], right[:-2]), *rows, *columns)


def _equal(one: int | None, other: int | None) -> None:
    if one is not None and other is not None and one != other:
        raise InputError(f"the sizes to be summed over differ: {one} and {other}")


def _matmul_rows(given: Arguments) -> bool:
    """Rows times one matrix; or matrices of each row, the batch in front of both."""
    one, other = given["x1"], given["x2"]
    if isinstance(one, Symbol) and isinstance(other, Symbol):
        return one.ndim == other.ndim > 2
    if isinstance(one, Symbol):
        return one.ndim >= 2 and np.ndim(other) <= 2
    return np.ndim(one) <= 2 and other.ndim > 2


def dot(x1: Array, x2: Array) -> Array:
    """y = the sum over the last axis of x1 and the last but one of x2."""
    return np.dot(*together(x1, x2))


def _dot_shape(call: Call) -> Shape:
    one, other = call.shapes
    if not one or not other:
        return (*one, *other)
    position = -1 if len(other) == 1 else -2
    _equal(one[-1], other[position])
    return (*one[:-1], *other[:position], *(other[-1:] if len(other) > 1 else ()))


def _dot_rows(given: Arguments) -> bool:
    one, other = given["x1"], given["x2"]
    return isinstance(one, Symbol) and not isinstance(other, Symbol) and one.ndim >= 2


def inner(x1: Array, x2: Array) -> Array:
    """y = the sum over the last axes of both."""
    return np.inner(*together(x1, x2))


def _inner_shape(call: Call) -> Shape:
    one, other = call.shapes
    if not one or not other:
        return (*one, *other)
    _equal(one[-1], other[-1])
    return (*one[:-1], *other[:-1])


def _gradient_of_sums(axes: Callable[[int, int], tuple[int, int]]) -> Callable[..., tuple[Array, Array]]:
    """The gradient of the sum over one axis of each, which `axes` finds; a single number is multiplied."""

    def back(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
        one, other = np.asarray(x1), np.asarray(x2)
        if not one.ndim or not other.ndim:
            return unbroadcast(dy * other, one.shape), unbroadcast(dy * one, other.shape)
        left, right = axes(one.ndim, other.ndim)
        return _contracted(dy, one, other, [left], [right])

    return back


def _contracted(dy: Array, x1: Array, x2: Array, left: Sequence[int], right: Sequence[int]) -> tuple[Array, Array]:
    """The gradient of the sum over the axes `left` of x1 and `right` of x2; the axes that stay follow each other."""
    kept = [axis for axis in range(x1.ndim) if axis not in left]
    others = [axis for axis in range(x2.ndim) if axis not in right]
    d_one = np.tensordot(dy, x2, axes=(range(len(kept), dy.ndim), others))
    d_other = np.tensordot(dy, x1, axes=(range(len(kept)), kept))
    pairs = sorted(zip(right, left, strict=True))  # the contracted axes come out in the order that they have in x2
    d_one = d_one.transpose(np.argsort([*kept, *(axis for _, axis in pairs)]))
    pairs = sorted(zip(left, right, strict=True))
    return d_one, d_other.transpose(np.argsort([*others, *(axis for _, axis in pairs)]))


def tensordot(x1: Array, x2: Array, axes: Any = 2) -> Array:
    """y = the sum over `axes` of both."""
    one, other = together(x1, x2)
    return np.tensordot(one, other, axes=axes)


def _summed_axes(axes: Any, one: int, other: int) -> tuple[list[int], list[int]]:
    """Return the axes that are summed over, of arrays of these ranks: as many as `axes` says, or those that it names."""
    if isinstance(axes, int):
        axes = list(range(one - axes, one)), list(range(axes))
    left, right = (list(part) if isinstance(part, list | tuple) else [part] for part in axes)
    return [axis % one for axis in left], [axis % other for axis in right]


def _tensordot_gradient(dy: Array, _: Array, x1: Any, x2: Any, axes: Any = 2) -> tuple[Array, Array]:
    one, other = np.asarray(x1), np.asarray(x2)
    return _contracted(dy, one, other, *_summed_axes(axes, one.ndim, other.ndim))


def _tensordot_shape(call: Call) -> Shape:
    one, other = call.shapes
    left, right = _summed_axes(call.options.get("axes", 2), len(one), len(other))
    for a, b in zip(left, right, strict=True):
        _equal(one[a], other[b])
    kept = [size for axis, size in enumerate(one) if axis not in left]
    return (*kept, *(size for axis, size in enumerate(other) if axis not in right))


def _tensordot_rows(given: Arguments) -> bool:
    if not _dot_rows(given):
        return False
    rank, axes = given["x1"].ndim, given["axes"]
    return axes < rank if isinstance(axes, int) else not names_rows(axes[0], rank)


def _work_of_tensordot(call: Call, result: Any) -> Work:
    one, other = call.shapes
    whole = numbers_in([one]) * numbers_in([other])
    return Work(math.isqrt(whole * numbers_in([result])))  # outer * summed * outer, once each


def vdot(x1: Array, x2: Array) -> Array:
    """y = the sum of all products."""
    return np.dot(*(np.reshape(x, -1) for x in together(x1, x2)))


def _vdot_gradient(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
    """dx1 = dy * x2, dx2 = dy * x1."""
    return (dy * np.ravel(x2)).reshape(np.shape(x1)), (dy * np.ravel(x1)).reshape(np.shape(x2))


def _work_of_vdot(call: Call, result: Any) -> Work:
    del result
    return Work(numbers_in(call.shapes))


def outer(x1: Array, x2: Array) -> Array:
    """y = each of x1 times each of x2, as a matrix."""
    return np.outer(*together(x1, x2))


def _outer_gradient(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
    """dx1 = dy @ x2, dx2 = x1 @ dy."""
    return (dy @ np.ravel(x2)).reshape(np.shape(x1)), (np.ravel(x1) @ dy).reshape(np.shape(x2))


def _outer_shape(call: Call) -> Shape:
    return tuple(None if None in shape else math.prod(size or 0 for size in shape) for shape in call.shapes)


def _work_of_sums(call: Call, result: Any) -> Work:
    """Each number of the output sums over the last axis of the first argument."""
    first = call.shapes[0]
    return Work(numbers_in([result]) * (int(first[-1] or 0) if first else 1))


_dot_gradient = _gradient_of_sums(lambda one, other: (one - 1, max(other - 2, 0)))
_inner_gradient = _gradient_of_sums(lambda one, other: (one - 1, other - 1))

ROWS = {
    "Matmul": Row(matmul, _matmul_shape, _matmul_gradient, _matmul_rows, _work_of_sums),
    "Dot": Row(dot, _dot_shape, _dot_gradient, _dot_rows, _work_of_sums),
    "Inner": Row(inner, _inner_shape, _inner_gradient, work=_work_of_sums),
    "Vdot": Row(vdot, lambda _: (), _vdot_gradient, work=_work_of_vdot),
    "Outer": Row(outer, _outer_shape, _outer_gradient),
    "Tensordot": Row(tensordot, _tensordot_shape, _tensordot_gradient, _tensordot_rows, _work_of_tensordot),
}
