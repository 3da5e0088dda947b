"""Back through broadcasting: what was repeated is summed up again."""

from __future__ import annotations

import math

from core.arrays import Array
from core.ops.product import column_sums


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum the gradient of an array that was broadcast back to the array's own `shape`."""
    if gradient.shape == shape:
        return gradient
    whole = (1,) * (gradient.ndim - len(shape)) + shape
    repeated = tuple(axis for axis, size in enumerate(whole) if size == 1 != gradient.shape[axis])
    if repeated == tuple(range(len(repeated))):  # the leading axes, as where a parameter belongs to the last ones
        rows = math.prod(gradient.shape[: len(repeated)])
        return column_sums(gradient.reshape(rows, math.prod(shape))).reshape(shape)
    return gradient.sum(axis=repeated).reshape(shape)
