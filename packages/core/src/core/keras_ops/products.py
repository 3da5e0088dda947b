"""Operations that multiply and add up: matrix products, contractions, lengths."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError
from core.keras_ops.elementwise import floating
from core.keras_ops.operation import Call
from core.keras_ops.reductions import axes
from core.keras_ops.shapes import broadcast_two, reduced, same
from core.ops.normalization import unit_length
from core.ops.promotion import together

_EINSUM = re.compile(r"[A-Za-z.]*(,[A-Za-z.]*)*(->[A-Za-z.]*)?")


def matmul(x1: Array, x2: Array) -> Array:
    """y = x1 @ x2."""
    return np.matmul(*together(x1, x2))


def dot(x1: Array, x2: Array) -> Array:
    """y = the sum over the last axis of x1 and the last but one of x2."""
    return np.dot(*together(x1, x2))


def vdot(x1: Array, x2: Array) -> Array:
    """y = the sum of all products."""
    return np.dot(*(np.reshape(x, -1) for x in together(x1, x2)))


def inner(x1: Array, x2: Array) -> Array:
    """y = the sum over the last axes of both."""
    return np.inner(*together(x1, x2))


def outer(x1: Array, x2: Array) -> Array:
    """y = each of x1 times each of x2, as a matrix."""
    return np.outer(*together(x1, x2))


def tensordot(x1: Array, x2: Array, axes: Any = 2) -> Array:
    """y = the sum over `axes` of both."""
    one, other = together(x1, x2)
    return np.tensordot(one, other, axes=axes)


def einsum(*operands: Array, subscripts: str) -> Array:
    """y = Einstein's sum over the letters that the output lacks."""
    return np.einsum(equation_of(subscripts), *together(*operands), optimize=True)


def equation_of(subscripts: Any) -> str:
    """Check that subscripts are such, and take out the spaces."""
    if not isinstance(subscripts, str) or not _EINSUM.fullmatch(subscripts.replace(" ", "")):
        raise InputError(f"subscripts must look like 'ij,jk->ik', got {subscripts!r}")
    return subscripts.replace(" ", "")


def norm(x: Array, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Array:  # noqa: A002  Keras' name
    """y = the length of vectors (one axis) or the size of matrices (two)."""
    x = floating(x)
    if axis is None:
        axis = tuple(range(x.ndim))
    chosen = axes(axis)
    if isinstance(chosen, tuple) and (len(chosen) == 1 or (ord is None and len(chosen) > 2)):
        chosen = chosen[0] if len(chosen) == 1 else chosen
    if ord is None:
        return np.sqrt(np.sum(np.square(x), axis=chosen, keepdims=keepdims))
    return np.asarray(np.linalg.norm(x, ord=ord, axis=chosen, keepdims=keepdims)).astype(x.dtype)


def normalize(x: Array, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Array:
    """y = x / max(norm of x, epsilon)."""
    shortest = 1e-7 if epsilon is None else epsilon  # Keras' backend.epsilon()
    if order == 2:
        return unit_length(np.asarray(x), axes(axis), shortest)
    length = np.linalg.norm(x, ord=order, axis=axes(axis), keepdims=True)
    return x / np.maximum(length, x.dtype.type(shortest))


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


def _dot_shape(call: Call) -> Shape:
    one, other = call.shapes
    if not one or not other:
        return (*one, *other)
    place = -1 if len(other) == 1 else -2
    _equal(one[-1], other[place])
    return (*one[:-1], *other[:place], *(other[-1:] if len(other) > 1 else ()))


def _inner_shape(call: Call) -> Shape:
    one, other = call.shapes
    if not one or not other:
        return (*one, *other)
    _equal(one[-1], other[-1])
    return (*one[:-1], *other[:-1])


def _outer_shape(call: Call) -> Shape:
    return tuple(None if None in shape else math.prod(size or 0 for size in shape) for shape in call.shapes)


def _tensordot_shape(call: Call) -> Shape:
    one, other = call.shapes
    chosen = call.options.get("axes", 2)
    if isinstance(chosen, int):
        chosen = [list(range(len(one) - chosen, len(one))), list(range(chosen))]
    left, right = (
        [axis % len(shape) for axis in (part if isinstance(part, list | tuple) else [part])]
        for part, shape in zip(chosen, (one, other), strict=True)
    )
    for a, b in zip(left, right, strict=True):
        _equal(one[a], other[b])
    kept = [size for place, size in enumerate(one) if place not in left]
    return (*kept, *(size for place, size in enumerate(other) if place not in right))


def _einsum_shape(call: Call) -> Shape:
    shapes = list(call.shapes)
    left, arrow, right = equation_of(call.options["subscripts"]).partition("->")
    terms = left.split(",")
    if len(terms) != len(shapes):
        raise InputError(f"subscripts name {len(terms)} arrays, got {len(shapes)}")
    if not arrow:
        letters = sorted(set(left) - {",", "."})
        right = ("..." if "." in left else "") + "".join(letter for letter in letters if left.count(letter) == 1)
    sizes: dict[str, int | None] = {}
    batch: Shape = ()
    for term, shape in zip(terms, shapes, strict=True):
        before, dots, after = term.partition("...")
        if len(before) + len(after) > len(shape) or (not dots and len(before) != len(shape)):
            raise InputError(f"subscripts {term!r} do not fit an array with {len(shape)} axes")
        middle = shape[len(before) : len(shape) - len(after)]
        batch = broadcast_two(batch, middle)
        for letter, size in zip(
            before + after, (*shape[: len(before)], *shape[len(shape) - len(after) :]), strict=True
        ):
            if sizes.get(letter) in {None, 1}:
                sizes[letter] = size
            elif size != 1:
                _equal(sizes[letter], size)
    before, dots, after = right.partition("...")
    return (*(sizes[a] for a in before), *(batch if dots else ()), *(sizes[a] for a in after))


TABLE = {
    "Matmul": (matmul, _matmul_shape),
    "Dot": (dot, _dot_shape),
    "Inner": (inner, _inner_shape),
    "Vdot": (vdot, lambda _: ()),
    "Outer": (outer, _outer_shape),
    "Tensordot": (tensordot, _tensordot_shape),
    "Einsum": (einsum, _einsum_shape),
    "Norm": (norm, reduced),
    "Normalize": (normalize, same),
}
