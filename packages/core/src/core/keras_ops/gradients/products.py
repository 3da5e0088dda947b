"""The derivatives of products and contractions: the gradient of one side is dy contracted with the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import axes_of
from core.errors import UnsupportedLayerError
from core.keras_ops.products import equation_of
from core.ops.broadcasting import unbroadcast
from core.ops.normalization import unit_length_gradient

#: Keras' `backend.epsilon()`, where an operation is given none.
_EPSILON = 1e-7


def matmul(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
    """dx1 = dy @ x2^T, dx2 = x1^T @ dy; a vector is a matrix of one row, or one column."""
    one, other = np.asarray(x1), np.asarray(x2)
    rows = one[None, :] if one.ndim == 1 else one
    columns = other[:, None] if other.ndim == 1 else other
    dy = dy[..., None] if other.ndim == 1 else dy
    dy = np.expand_dims(dy, -2) if one.ndim == 1 else dy
    d_rows = unbroadcast(dy @ np.swapaxes(columns, -1, -2), rows.shape)
    d_columns = unbroadcast(np.swapaxes(rows, -1, -2) @ dy, columns.shape)
    return d_rows.reshape(one.shape), d_columns.reshape(other.shape)


def _contracted(dy: Array, x1: Array, x2: Array, left: Sequence[int], right: Sequence[int]) -> tuple[Array, Array]:
    """The way back through the sum over the axes `left` of x1 and `right` of x2; the axes that stay follow each other."""
    kept = [axis for axis in range(x1.ndim) if axis not in left]
    others = [axis for axis in range(x2.ndim) if axis not in right]
    d_one = np.tensordot(dy, x2, axes=(range(len(kept), dy.ndim), others))
    d_other = np.tensordot(dy, x1, axes=(range(len(kept)), kept))
    pairs = sorted(zip(right, left, strict=True))  # the contracted axes come out in the order that they have in x2
    d_one = d_one.transpose(np.argsort([*kept, *(axis for _, axis in pairs)]))
    pairs = sorted(zip(left, right, strict=True))
    return d_one, d_other.transpose(np.argsort([*others, *(axis for _, axis in pairs)]))


def _of_sums(axes: Callable[[int, int], tuple[int, int]]) -> Callable[..., tuple[Array, Array]]:
    """The way back through the sum over one axis of each, which `axes` finds; a single number is multiplied."""

    def back(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
        one, other = np.asarray(x1), np.asarray(x2)
        if not one.ndim or not other.ndim:
            return unbroadcast(dy * other, one.shape), unbroadcast(dy * one, other.shape)
        left, right = axes(one.ndim, other.ndim)
        return _contracted(dy, one, other, [left], [right])

    return back


def tensordot(dy: Array, _: Array, x1: Any, x2: Any, axes: Any = 2) -> tuple[Array, Array]:
    """That of a sum over `axes`: as many as it says, or those that it names."""
    one, other = np.asarray(x1), np.asarray(x2)
    if isinstance(axes, int):
        axes = list(range(one.ndim - axes, one.ndim)), list(range(axes))
    left, right = (list(part) if isinstance(part, list | tuple) else [part] for part in axes)
    return _contracted(dy, one, other, [axis % one.ndim for axis in left], [axis % other.ndim for axis in right])


def vdot(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
    """dx1 = dy * x2, dx2 = dy * x1."""
    return (dy * np.ravel(x2)).reshape(np.shape(x1)), (dy * np.ravel(x1)).reshape(np.shape(x2))


def outer(dy: Array, _: Array, x1: Any, x2: Any) -> tuple[Array, Array]:
    """dx1 = dy @ x2, dx2 = x1 @ dy."""
    return (dy @ np.ravel(x2)).reshape(np.shape(x1)), (np.ravel(x1) @ dy).reshape(np.shape(x2))


def einsum(dy: Array, _: Array, *operands: Any, subscripts: str) -> list[Array]:
    """The same notation with the terms of an operand and of the output exchanged."""
    arrays = [np.asarray(operand) for operand in operands]
    terms, output = _letters(equation_of(subscripts), arrays)
    return [_of_operand(place, terms, output, arrays, dy) for place in range(len(arrays))]


def _letters(equation: str, arrays: list[Array]) -> tuple[list[str], str]:
    """Give the letters of each operand and of the output, with letters in place of the dots."""
    left, arrow, right = equation.partition("->")
    written = left.split(",")
    if not arrow:
        once = sorted(letter for letter in set(left) - {",", "."} if left.count(letter) == 1)
        right = ("..." if "..." in left else "") + "".join(once)
    spare = "".join(letter for letter in ascii_letters if letter not in equation)
    lengths = [
        x.ndim - len(term.replace(".", "")) if "." in term else 0 for term, x in zip(written, arrays, strict=True)
    ]
    dots = spare[: max(lengths)]
    terms = [term.replace("...", dots[len(dots) - length :]) for term, length in zip(written, lengths, strict=True)]
    return terms, right.replace("...", dots)


def _of_operand(place: int, terms: list[str], output: str, arrays: list[Array], dy: Array) -> Array:
    term, x = terms[place], arrays[place]
    if len(set(term)) != len(term):
        raise UnsupportedLayerError(f"the way back through a diagonal, {term!r} in einsum, is not known")
    others = [number for number in range(len(terms)) if number != place]
    known = set(output).union(*(terms[number] for number in others))
    found = "".join(letter for letter in term if letter in known)  # a letter of this operand alone was summed over
    left = ",".join([output, *(terms[number] for number in others)])
    d_found = np.einsum(f"{left}->{found}", dy, *(arrays[number] for number in others), optimize=True)
    sizes = iter(d_found.shape)
    d_found = d_found.reshape([next(sizes) if letter in known else 1 for letter in term])
    larger = np.broadcast_shapes(d_found.shape, x.shape)
    return unbroadcast(np.broadcast_to(d_found, larger), x.shape)


def norm(dy: Array, y: Array, x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002
    """dx = dy * x / y for the length, dy * sign(x) for the sum of magnitudes."""
    del keepdims
    axes = tuple(range(x.ndim)) if axis is None else axes_of(axis, "axis", rank=x.ndim)
    length = ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2)
    if not length and not (ord == 1 and len(axes) == 1):
        raise UnsupportedLayerError(f"the way back through a norm of ord={ord!r} over {len(axes)} axes is not known")
    shape = [1 if place in axes else size for place, size in enumerate(x.shape)]
    spread = dy.reshape(shape)
    return spread * x / y.reshape(shape) if length else spread * np.sign(x)


def normalize(dy: Array, _: Array, x: Array, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """That of bringing vectors to length 1."""
    if order != 2:
        raise UnsupportedLayerError(f"the way back through normalize with order={order!r} is not known; use order=2")
    axes = tuple(range(x.ndim)) if axis is None else tuple(axes_of(axis, "axis", rank=x.ndim))
    return unit_length_gradient(dy, x, axes, _EPSILON if epsilon is None else epsilon)


TABLE: dict[str, Callable[..., Any]] = {
    "Matmul": matmul,
    "Dot": _of_sums(lambda one, other: (one - 1, max(other - 2, 0))),
    "Inner": _of_sums(lambda one, other: (one - 1, other - 1)),
    "Vdot": vdot,
    "Outer": outer,
    "Tensordot": tensordot,
    "Einsum": einsum,
    "Norm": norm,
    "Normalize": normalize,
}
