"""What an example, or a step of it, counts: weights that the user gives, times the mask that the network found."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.errors import InputError


def aligned(values: Array, weights: Array) -> tuple[Array, Array]:
    """Return values (batch, ...) and weights of as many axes or fewer, so that their first axes mean the same.

    Either may have a last axis of size 1 that the other lacks, as in Keras. Raises `InputError` where they do not fit.
    """
    if values.ndim == weights.ndim + 1 and values.shape[-1] == 1 and weights.ndim > 1:
        values = values[..., 0]
    while weights.ndim > max(values.ndim, 1) and weights.shape[-1] == 1:
        weights = weights[..., 0]
    pairs = zip(weights.shape, values.shape, strict=False)
    if weights.ndim > values.ndim or any(size not in {1, wanted} for size, wanted in pairs):
        raise InputError(f"weights must fit the losses {values.shape}, got {weights.shape}")
    return values, weights


def shares(values: Array, weights: Array | None, mask: Array | None) -> Array:
    """Return how much each value counts in the mean: 1 / their number, times its weight; what is masked counts nothing.

    The values that are not masked stand for all.
    """
    found = np.full(values.shape, 1 / max(values.size, 1), values.dtype)
    if weights is not None:
        found *= _spread(values, weights)
    if mask is not None:
        masked = _spread(values, mask)
        found *= masked / max(np.mean(mask), 1 / mask.size)
    return found


def counted(weights: Array | None, mask: Array | None) -> Array | None:
    """Return weights times mask; None where there is neither."""
    if mask is None or weights is None:
        return weights if mask is None else mask.astype(np.float64)
    axes = max(mask.ndim, weights.ndim)
    one, other = (part.reshape(part.shape + (1,) * (axes - part.ndim)) for part in (mask, weights))
    return one * other


def _spread(values: Array, weights: Array) -> Array:
    """Return weights with axes of size 1 for those that values have further."""
    _, weights = aligned(values, weights)
    return weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
