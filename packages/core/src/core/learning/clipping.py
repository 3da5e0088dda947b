"""Clipping keeps a step short where the loss is steep, which recurrent networks need most.

The gradient of an embedding holds a row for each token that was looked up, a row more than once where a token stands more
than once. Keras measures and cuts these rows before it adds them up, so the same is done here. (Only `clip_by_global_norm`
adds them up in the end, in Keras too.)
Source: Pascanu et al. 2013, https://arxiv.org/abs/1211.5063
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.layers.gradients import Gradient, WholeArray


def clip_by_norm(gradient: Gradient, norm: float) -> Gradient:
    """Shorten one gradient to the length `norm`."""
    factor = norm / max(length([gradient]), norm)
    return gradient.changed(lambda numbers: numbers * numbers.dtype.type(factor))


def clip_by_value(gradient: Gradient, value: float) -> Gradient:
    """Cut every number of a gradient off at -value and value."""
    return gradient.changed(lambda numbers: np.clip(numbers, -value, value))


def clip_by_global_norm(gradients: Sequence[Gradient], norm: float) -> list[Gradient]:
    """Shorten all gradients by the same factor, so that the length of all together is at most `norm`."""
    factor = norm / max(length(gradients), norm)
    arrays = [gradient.dense() for gradient in gradients]
    return [WholeArray(array * array.dtype.type(factor)) for array in arrays]


def length(gradients: Sequence[Gradient]) -> float:
    """Return the length of gradients taken as one vector."""
    return math.sqrt(sum(float(np.vdot(numbers, numbers)) for numbers in (one.numbers() for one in gradients)))
