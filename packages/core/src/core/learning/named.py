"""Losses, optimizers and schedules by the names that Keras gives them; `core.learning` lists each of them once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.errors import InputError
from core.layers.names import snake_case
from core.learning import NAMES
from core.learning.losses import Loss
from core.learning.optimizer import Optimizer

#: By Keras' names, those of functions: ``mean_squared_error``.
LOSSES: dict[str, Callable[..., Loss]] = {
    snake_case(name): kind for name, kind in NAMES.of("losses", "regression").items() if kind is not Loss
}
SHORT_NAMES = {
    "bce": "binary_crossentropy", "mse": "mean_squared_error", "mae": "mean_absolute_error", "kld": "kl_divergence",
    "mape": "mean_absolute_percentage_error", "msle": "mean_squared_logarithmic_error", "logcosh": "log_cosh",
    "huber_loss": "huber", "kullback_leibler_divergence": "kl_divergence", "cosine_proximity": "cosine_similarity",
}  # fmt: skip
#: Every name that is understood: Keras' own, its short ones, and those of its classes.
LOSS_NAMES: dict[str, str] = (
    {name: name for name in LOSSES}
    | SHORT_NAMES
    | {short.upper(): name for short, name in SHORT_NAMES.items() if len(short) < 5}
    | {kind.__name__: name for name, kind in LOSSES.items()}
)
#: By Keras' name in lower case.
OPTIMIZERS: dict[str, Callable[..., Optimizer]] = {name.lower(): kind for name, kind in NAMES.of("optimizers").items()}
#: By Keras' name. A constant rate is written as a number.
SCHEDULES: dict[str, Callable[..., Any]] = {
    name: kind for name, kind in NAMES.of("schedules").items() if name != "Constant"
}


def find_loss(given: Any) -> Loss:
    """Return the loss, or the one of that name."""
    if isinstance(given, Loss):
        return given
    if not isinstance(given, str) or given not in LOSS_NAMES:
        known = ", ".join([*LOSSES, *SHORT_NAMES])
        raise InputError(f"loss must be a core.learning loss or one of {known}, got {given!r}")
    return LOSSES[LOSS_NAMES[given]]()


def find_optimizer(given: Optimizer | str) -> Optimizer:
    """Return the optimizer, or the one of that name with Keras' defaults."""
    if isinstance(given, Optimizer):
        return given
    if not isinstance(given, str) or given.lower() not in OPTIMIZERS:
        raise InputError(f"optimizer must be an Optimizer or one of {', '.join(OPTIMIZERS)}, got {given!r}")
    return OPTIMIZERS[given.lower()]()
