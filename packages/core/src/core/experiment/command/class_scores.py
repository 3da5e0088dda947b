"""From a model's outputs to one score a class, or a sentence that says what the model gives where those are not classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.arrays import Array, show_shape
from core.errors import InputError
from core.graph.nodes import Ref
from core.layers.base import Layer
from core.models.model import Model
from core.ops.activations import ACTIVATIONS

#: Rows of probabilities add up to 1 within this; half precision rounds its parts to 1e-3.
_SUM_TOLERANCE = 1e-2
#: Activations whose single unit is the probability of the second of two classes.
_PROBABILITIES = tuple(
    ACTIVATIONS[name] for name in ("sigmoid", "hard_sigmoid", "hard_sigmoid_keras2", "sparse_sigmoid")
)


def class_scores(model: Model, outputs: Array, given: Sequence[str], unit: str) -> Array:
    """Return one score for each class of each row, (n, classes); a single unit p becomes 1 - p and p.

    `given` are the inputs as the user gave them, `unit` what one of them is ("an image"). Raises `InputError` where the
    outputs are not those of a classifier.
    """
    if outputs.ndim != 2:
        raise InputError(
            f"the model gives an array of shape {show_shape(outputs.shape[1:])} for {unit}, not one row of classes: "
            "use core.load_model(...).predict"
        )
    broken = np.flatnonzero(np.isnan(outputs).any(axis=1))
    if len(broken):
        raise InputError(
            f"the model gives no number for {given[broken[0]]!r} (NaN): there may be nothing in it that the model reads"
        )
    if outputs.shape[1] != 1:
        return outputs
    ending = _activation(model)
    is_probability = outputs.size == 0 or 0 <= outputs.min() <= outputs.max() <= 1
    if not is_probability or (ending is not None and ending not in _PROBABILITIES):
        raise InputError(
            f"the model gives a single number for {unit} ({outputs.flat[0]:.6g}), which is not the probability of a class: "
            "use core.load_model(...).predict"
        )
    return np.concatenate([1 - outputs, outputs], axis=1)


def are_probabilities(scores: Array) -> bool:
    """Whether every row of (n, classes) is positive and adds up to 1."""
    return bool(scores.min() >= 0 and (np.abs(scores.sum(axis=1, dtype=np.float64) - 1) <= _SUM_TOLERANCE).all())


def _activation(layer: Layer) -> object:
    """Return the activation that the last layer of a model ends in, or None where that is not known."""
    while isinstance(layer, Model):
        if not isinstance(layer.outputs, Ref):
            return None
        layer = layer.nodes[layer.outputs.node].layer
    return getattr(layer, "activation", None)
