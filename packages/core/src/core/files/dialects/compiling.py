"""What a file says of compiling (optimiser, losses, metrics), in the words of the ``compile_config`` of Keras 3.

Kaca does not train by it; it is kept so that a copy of the file compiles in Keras as the original did. HDF5 files keep it
as ``training_config``. What Keras 3 does not know (an optimiser or a loss of one's own) leaves the copy uncompiled.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_OPTIMIZERS: dict[str, tuple[str, ...]] = {
    "SGD": ("momentum", "nesterov"),
    "RMSprop": ("rho", "momentum", "epsilon", "centered"),
    "Adam": ("beta_1", "beta_2", "epsilon", "amsgrad"),
    "AdamW": ("beta_1", "beta_2", "epsilon", "amsgrad"),
    "Nadam": ("beta_1", "beta_2", "epsilon"),
    "Adamax": ("beta_1", "beta_2", "epsilon"),
    "Adagrad": ("initial_accumulator_value", "epsilon"),
    "Adadelta": ("rho", "epsilon"),
    "Adafactor": ("beta_2_decay", "epsilon_1", "epsilon_2", "clip_threshold", "relative_step"),
    "Ftrl": (
        "learning_rate_power", "initial_accumulator_value", "l1_regularization_strength", "l2_regularization_strength",
        "l2_shrinkage_regularization_strength", "beta",
    ),
    "Lion": ("beta_1", "beta_2"),
    "Lamb": ("beta_1", "beta_2", "epsilon"),
}  # fmt: skip
_BY_LOWER_NAME = {name.lower(): name for name in _OPTIMIZERS}
#: Options that every optimiser has.
_OF_OPTIMIZERS = (
    "name", "weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "use_ema", "ema_momentum",
    "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps",
)  # fmt: skip
_SCHEDULES = frozenset({
    "ExponentialDecay", "PiecewiseConstantDecay", "PolynomialDecay", "InverseTimeDecay", "CosineDecay", "CosineDecayRestarts",
})  # fmt: skip
#: Losses and metrics that are functions, by the names that Keras 3 finds them under.
_FUNCTIONS = frozenset({
    "binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy",
    "binary_focal_crossentropy", "categorical_focal_crossentropy", "mean_squared_error", "mean_absolute_error",
    "mean_absolute_percentage_error", "mean_squared_logarithmic_error", "mse", "mae", "mape", "msle", "MSE", "MAE",
    "MAPE", "MSLE", "cosine_similarity", "kl_divergence", "poisson", "hinge", "squared_hinge", "categorical_hinge",
    "huber", "log_cosh", "dice", "tversky", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy",
    "top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "accuracy", "acc", "crossentropy", "ce",
})  # fmt: skip
_RENAMED = {
    "kullback_leibler_divergence": "kl_divergence", "kld": "kl_divergence", "KLD": "kl_divergence", "logcosh": "log_cosh",
    "cosine_proximity": "cosine_similarity", "cosine": "cosine_similarity", "huber_loss": "huber", "bce": "binary_crossentropy",
}  # fmt: skip
#: Options of losses and metrics that mean the same in all versions.
_OPTIONS = frozenset({
    "name", "dtype", "from_logits", "label_smoothing", "axis", "ignore_class", "delta", "alpha", "gamma",
    "apply_class_balancing", "thresholds", "top_k", "class_id", "num_thresholds", "curve", "summation_method",
    "multi_label", "num_labels", "k", "threshold", "num_classes", "average", "beta",
})  # fmt: skip
_CLASSES = frozenset({
    "BinaryCrossentropy", "CategoricalCrossentropy", "SparseCategoricalCrossentropy", "BinaryFocalCrossentropy",
    "CategoricalFocalCrossentropy", "MeanSquaredError", "MeanAbsoluteError", "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError", "CosineSimilarity", "KLDivergence", "Poisson", "Hinge", "SquaredHinge",
    "CategoricalHinge", "Huber", "LogCosh", "Accuracy", "BinaryAccuracy", "CategoricalAccuracy",
    "SparseCategoricalAccuracy", "TopKCategoricalAccuracy", "SparseTopKCategoricalAccuracy", "Precision", "Recall",
    "AUC", "RootMeanSquaredError", "TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives", "Mean",
    "Sum",
})  # fmt: skip


class _UnknownWordsError(Exception):
    """Keras 3 has no word for it."""


def compile_config_of(training: object) -> dict[str, Any] | None:
    """Return a ``training_config``, or the ``compile_config`` of Keras 2, in the words of Keras 3; None where it has none."""
    if not isinstance(training, Mapping):
        return None
    try:
        config = {
            "optimizer": _optimizer(training.get("optimizer") or training.get("optimizer_config")),
            "loss": _words(training.get("loss"), "keras.losses"),
            "loss_weights": training.get("loss_weights"),
            "metrics": _words(training.get("metrics"), "keras.metrics"),
            "weighted_metrics": _words(training.get("weighted_metrics"), "keras.metrics"),
        }
    except (_UnknownWordsError, AttributeError, LookupError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return config


def _optimizer(given: Any) -> Any:
    if isinstance(given, str):
        given = {"class_name": given, "config": {}}
    name, options = str(given["class_name"]).split(">")[-1], given["config"]
    if name == "LossScaleOptimizer":  # Keras 3 puts it around by itself
        return _optimizer(options["inner_optimizer"])
    name = _BY_LOWER_NAME.get(name.lower(), "")
    if not name:
        raise _UnknownWordsError(given)
    words = {key: options[key] for key in (*_OF_OPTIMIZERS, *_OPTIMIZERS[name]) if options.get(key) is not None}
    rate = _rate(options.get("learning_rate", options.get("lr")), options.get("decay") or 0.0)
    if rate is not None:
        words["learning_rate"] = rate
    return {"module": "keras.optimizers", "class_name": name, "config": words, "registered_name": None}


def _rate(rate: Any, decay: float) -> Any:
    """Return a learning rate: a number, or a schedule. Keras 3 has a schedule where Keras 2 had `decay`."""
    if isinstance(rate, Mapping):
        if rate.get("class_name") == "__numpy__":
            return _rate(rate["config"]["value"], decay)
        if rate.get("class_name") not in _SCHEDULES:
            raise _UnknownWordsError(rate)
        return {"module": "keras.optimizers.schedules", "registered_name": None} | dict(rate)
    if rate is None or not decay:
        return None if rate is None else float(rate)
    options = {"initial_learning_rate": float(rate), "decay_steps": 1, "decay_rate": float(decay), "staircase": False}
    return {
        "module": "keras.optimizers.schedules",
        "class_name": "InverseTimeDecay",
        "config": options,
        "registered_name": None,
    }


def _words(given: Any, module: str) -> Any:
    """Return losses or metrics: names, descriptions, and lists or dicts of them by output."""
    if isinstance(given, list | tuple):
        return [_words(item, module) for item in given]
    if isinstance(given, Mapping):
        if "class_name" in given:
            return _described(str(given["class_name"]).split(">")[-1], given.get("config"), module)
        return {key: _words(item, module) for key, item in given.items()}
    return None if given is None else _function(given)


def _described(name: str, options: Any, module: str) -> Any:
    """Return the loss or metric that a description names."""
    if name == "function":
        return _function(options)
    if name in {"MeanMetricWrapper", "LossFunctionWrapper"} and isinstance(options["fn"], str):
        named = options.get("name")
        return named if named in {"accuracy", "acc"} else _function(options["fn"])
    if name not in _CLASSES:
        raise _UnknownWordsError(name)
    words = {key: value for key, value in options.items() if key in _OPTIONS and value is not None}
    if options.get("reduction") in {"sum", "none", "sum_over_batch_size", "mean_with_sample_weight"}:
        words["reduction"] = options["reduction"]
    return {"module": module, "class_name": name, "config": words, "registered_name": None}


def _function(name: Any) -> str:
    found = _RENAMED.get(name, name) if isinstance(name, str) else None
    if found not in _FUNCTIONS:
        raise _UnknownWordsError(name)
    return str(found)
