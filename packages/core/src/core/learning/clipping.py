"""Clipping keeps a step short where the loss is steep, which recurrent networks need most.

The gradient of an embedding holds a row for each token that was looked up, a row more than once where a token stands more
than once. Keras measures and cuts these rows before it adds them up, so the same is done here. (Only `clip_by_global_norm`
adds them up in the end, in Keras too.)
Source: Pascanu et al. 2013, https://arxiv.org/abs/1211.5063
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from core.arrays import Array
from core.layers.gradients import Rows, dense

Slope = Array | Rows


def clip_by_norm(gradient: Slope, norm: float) -> Slope:
    """Shorten one gradient to the length `norm`."""
    factor = norm / max(length([gradient]), norm)
    return _each(gradient, lambda numbers: numbers * numbers.dtype.type(factor))


def clip_by_value(gradient: Slope, value: float) -> Slope:
    """Cut every number of a gradient off at -value and value."""
    return _each(gradient, lambda numbers: np.clip(numbers, -value, value))


def clip_by_global_norm(gradients: Sequence[Slope], norm: float) -> list[Array]:
    """Shorten all gradients by the same factor, so that the length of all together is at most `norm`."""
    factor = norm / max(length(gradients), norm)
    arrays = [dense(gradient) for gradient in gradients]
    return [array * array.dtype.type(factor) for array in arrays]


def length(gradients: Sequence[Slope]) -> float:
    """Give the length of gradients taken as one vector."""
    return math.sqrt(sum(float(np.vdot(numbers, numbers)) for numbers in map(_numbers, gradients)))


def _numbers(gradient: Slope) -> Array:
    return gradient.values if isinstance(gradient, Rows) else gradient


def _each(gradient: Slope, change: Callable[[Array], Array]) -> Slope:
    if isinstance(gradient, Rows):
        return Rows(gradient.ids, change(gradient.values), gradient.rows)
    return change(gradient)
