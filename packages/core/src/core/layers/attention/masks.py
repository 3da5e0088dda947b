"""Who may look at whom: masks of padding, of the future, and of what is far away, all (batch, queries, values)."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from core.arrays import Array


def causal(queries: int, values: int) -> Array:
    """True where the value is not after the query, (1, queries, values)."""
    return np.arange(queries)[None, :, None] >= np.arange(values)[None, None, :]


def window(queries: int, values: int, reach: int) -> Array:
    """True where the two are less than `reach` positions apart, (1, queries, values)."""
    return np.abs(np.arange(queries)[None, :, None] - np.arange(values)[None, None, :]) < reach


def joined(*masks: Any) -> Array | None:
    """True where all of the masks that are there are true; None where there is none."""
    present = [np.asarray(mask).astype(bool) for mask in masks if mask is not None]
    return reduce(np.logical_and, present) if present else None


def of_sequences(query_mask: Any, value_mask: Any, key_mask: Any) -> Array | None:
    """Lay the mask of the queries along rows, those of values and keys along columns, and join them."""
    rows = None if query_mask is None else np.asarray(query_mask)[..., None]
    columns = [None if mask is None else np.asarray(mask)[..., None, :] for mask in (value_mask, key_mask)]
    return joined(rows, *columns)
