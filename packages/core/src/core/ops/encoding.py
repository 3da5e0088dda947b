"""Categories become numbers that a network can weigh: one of many set, all that occur set, or how often each occurs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError

MODES = ("one_hot", "multi_hot", "count")


def encode(ids: Array, mode: str, depth: int, dtype: np.dtype, weights: Array | None = None) -> Array:
    """Encode ids below `depth`; those above say nothing.

    one_hot: (...,) -> (..., depth), 1 at the id; a last axis of size 1 is replaced. multi_hot: (rows, n) -> (rows, depth),
    1 at every id that the row holds; a single axis is one row. count: how often it does, each counted by its weight.
    Raises `InputError` for more than two axes where rows are summed up, and for ids below zero there.
    Source: https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/
    """
    ids = np.trunc(ids).astype(np.int64) if ids.dtype.kind == "f" else ids
    if mode == "one_hot":
        if ids.ndim > 1 and ids.shape[-1] == 1:
            ids = ids[..., 0]
        return one_hot(ids, depth, dtype)
    if ids.ndim > 2:
        raise InputError(f"output_mode={mode!r} takes ids of one or two axes, got {ids.ndim}")
    if ids.size and ids.min() < 0:
        raise InputError(f"output_mode={mode!r} takes ids from 0 on, got {ids.min()}")
    rows = ids.reshape(-1, ids.shape[-1]) if ids.ndim else ids.reshape(1, 1)
    row_of_each = np.repeat(np.arange(len(rows)), rows.shape[1])
    made = bags(rows.ravel(), row_of_each, (len(rows), depth), dtype, once=mode == "multi_hot", weights=weights)
    return made.reshape(*ids.shape[:-1], depth)


def bags(
    ids: Array, rows: Array, shape: tuple[int, int], dtype: np.dtype, *, once: bool, weights: Array | None = None
) -> Array:
    """Sum up ids (n,) in the rows (n,) in which they stand, (rows, depth): each by its weight, or `once`."""
    inside = ids < shape[1]
    where = rows[inside], ids[inside].astype(np.intp)
    sums = np.zeros(shape, dtype)
    if once:
        sums[where] = 1
    else:
        np.add.at(sums, where, 1 if weights is None else weights.reshape(-1)[inside])
    return sums


def one_hot(ids: Array, depth: int, dtype: Any) -> Array:
    """Return a row for each whole number, 1 at its position and 0 elsewhere; all 0 for one that is not below `depth`."""
    hot = np.zeros((*ids.shape, depth), dtype)
    inside = (ids >= 0) & (ids < depth)
    hot[(*np.nonzero(inside), ids[inside])] = 1
    return hot


def encoded_shape(shape: Shape, mode: str, depth: int | None) -> Shape:
    """Return the shape that comes out of `encode`."""
    appended = mode == "one_hot" and not (len(shape) > 1 and shape[-1] == 1)
    return (*shape, depth) if appended else (*shape[:-1], depth)


def merges_rows(shapes: Sequence[Shape], mode: str) -> bool:
    """Return whether ids of one axis (batch,), one of `shapes`, are encoded as a single row."""
    return mode not in {"int", "one_hot"} and any(len(shape) < 2 for shape in shapes)
