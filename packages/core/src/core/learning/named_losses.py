"""The losses by the names that Keras gives them, and the loss for a name, a loss, or what a config says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import InputError
from core.learning.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)
from core.learning.regression import (
    CategoricalHinge,
    CosineSimilarity,
    Hinge,
    Huber,
    KLDivergence,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError,
    Poisson,
    SquaredHinge,
)

#: By Keras' names.
LOSSES: dict[str, Callable[..., Loss]] = {
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "binary_crossentropy": BinaryCrossentropy,
    "mean_squared_error": MeanSquaredError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_absolute_percentage_error": MeanAbsolutePercentageError,
    "mean_squared_logarithmic_error": MeanSquaredLogarithmicError,
    "huber": Huber,
    "log_cosh": LogCosh,
    "kl_divergence": KLDivergence,
    "poisson": Poisson,
    "hinge": Hinge,
    "squared_hinge": SquaredHinge,
    "categorical_hinge": CategoricalHinge,
    "cosine_similarity": CosineSimilarity,
}
_SHORT = {
    "bce": "binary_crossentropy", "mse": "mean_squared_error", "mae": "mean_absolute_error", "kld": "kl_divergence",
    "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error", "logcosh": "log_cosh",
    "huber_loss": "huber", "kullback_leibler_divergence": "kl_divergence", "cosine_proximity": "cosine_similarity",
}  # fmt: skip
#: Every name that is understood: Keras' own, its short ones, and those of its classes.
NAMES: dict[str, str] = (
    {name: name for name in LOSSES}
    | _SHORT
    | {short.upper(): name for short, name in _SHORT.items() if len(short) < 5}
    | {kind.__name__: name for name, kind in LOSSES.items() if isinstance(kind, type)}
)


def find_loss(given: Any) -> Loss:
    """Return the loss, or the one of that name."""
    if isinstance(given, Loss):
        return given
    if not isinstance(given, str) or given not in NAMES:
        raise InputError(f"loss must be a core.learning loss or one of {', '.join([*LOSSES, *_SHORT])}, got {given!r}")
    return LOSSES[NAMES[given]]()
