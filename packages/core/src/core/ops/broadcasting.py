"""Back through broadcasting: what was repeated is summed up again."""

from __future__ import annotations

from core.arrays import Array


def unbroadcast(gradient: Array, shape: tuple[int, ...]) -> Array:
    """Sum the gradient of an array that was broadcast back to the array's own `shape`."""
    if gradient.shape == shape:
        return gradient
    gradient = gradient.sum(axis=tuple(range(gradient.ndim - len(shape))))
    repeated = tuple(axis for axis, size in enumerate(shape) if size == 1 and gradient.shape[axis] != 1)
    return gradient.sum(axis=repeated, keepdims=True)
