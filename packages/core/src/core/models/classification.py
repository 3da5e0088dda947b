"""From a model's outputs to classes: the most probable one, or whether a single probability exceeds one half."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError


def probabilities_of(outputs: Any, model: object) -> Array:
    """Return the outputs of a model if they are one array of floating-point numbers.

    Raises `InputError` for several outputs and for other types.
    """
    if not isinstance(outputs, np.ndarray):
        names = sorted(outputs) if isinstance(outputs, dict) else len(outputs)
        raise InputError(f"{model} has several outputs ({names}): call predict and choose one of them")
    if outputs.dtype.kind != "f":
        raise InputError(f"{model} gives {outputs.dtype} and no probabilities: call predict")
    return outputs


def classes_of(outputs: Any, model: object) -> Array:
    """Return the class of every row of a model's `outputs`: (n, classes) -> (n,) int64.

    The class is argmax over the last axis; where that has a single unit, class = 1 if its probability > 0.5 else 0. With
    time steps, (n, steps, classes) -> (n, steps). Raises `InputError` for NaN, which is in no class, for a single unit
    outside [0, 1], which is not a probability, and for whatever `probabilities_of` refuses.
    """
    scores = probabilities_of(outputs, model)
    if scores.ndim < 2:
        raise InputError(f"{model} gives the shape {scores.shape}, expected (rows, classes): call predict")
    if scores.shape[-1] == 0:
        raise InputError(f"{model} gives the shape {scores.shape}, which has no classes to choose from: call predict")
    rows = np.flatnonzero(np.isnan(scores).any(axis=tuple(range(1, scores.ndim))))
    if rows.size:
        raise InputError(f"{model} gives NaN for row {rows[0]} (and for {rows.size} rows in all): that is not a class")
    if scores.shape[-1] > 1:
        return np.argmax(scores, axis=-1).astype(np.int64, copy=False)
    if scores.size and not 0 <= scores.min() <= scores.max() <= 1:
        raise InputError(
            f"{model} gives single numbers from {scores.min():g} to {scores.max():g}, which are no probabilities: "
            "call predict for the numbers themselves"
        )
    return (scores[..., 0] > 0.5).astype(np.int64)
