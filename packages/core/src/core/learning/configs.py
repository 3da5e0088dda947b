"""Losses, metrics, optimizers and schedules as a file describes them: a name, or a class name with the options of the class."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from core.errors import InputError
from core.learning.losses import Loss
from core.learning.metrics import Metric, find_metric
from core.learning.named import LOSS_NAMES, LOSSES, OPTIMIZERS, SCHEDULES
from core.learning.optimizer import Optimizer


def _named(given: Any) -> tuple[str, dict[str, Any]]:
    """Return the name of what a config describes, and its options: a name, a function, or a class with a config."""
    if isinstance(given, str):
        return given, {}
    name, config = given.get("class_name"), given.get("config")
    if name == "function" and isinstance(config, str):
        return config, {}
    if not isinstance(name, str) or not isinstance(config, Mapping):
        raise InputError(f"{str(given)[:200]} is not known")
    return name, dict(config)


def read_loss(given: Any) -> Loss:
    """Return the loss that a config describes."""
    name, config = _named(given)
    if name not in LOSS_NAMES:
        raise InputError(f"the loss {name!r} is not known")
    plain = {"axis": (-1,), "ignore_class": (None,), "reduction": ("sum_over_batch_size", "auto", "mean", None)}
    for option, allowed in plain.items():
        if config.get(option, allowed[0]) not in allowed:
            raise InputError(f"the loss {name!r} with {option}={config[option]!r} is not known")
    kind = LOSSES[LOSS_NAMES[name]]
    known = inspect.signature(kind).parameters
    return kind(**{option: value for option, value in config.items() if option in known})


def read_metric(given: Any) -> Metric:
    """Return the metric that a config describes, under the name that the config gives it."""
    if isinstance(given, str):
        return find_metric(given)
    name, config = _named(given)
    function = config.get("fn", name)
    function = function if isinstance(function, str) else _named(function)[0]
    metric = find_metric(function)
    return replace(metric, name=str(config.get("name", metric.name)))


def read_optimizer(given: Any) -> Optimizer:
    """Return the optimizer that a config describes, with its learning rate and options; its memory is not in a config."""
    name, config = _named(given)
    if name.lower() not in OPTIMIZERS:
        raise InputError(f"the optimizer {name!r} is not known")
    kind = OPTIMIZERS[name.lower()]
    rate = config.get("learning_rate")
    if isinstance(rate, Mapping):
        schedule, options = _named(rate)
        rate = _schedule(schedule, options)
    config["learning_rate"] = rate
    if config.get("use_ema") or config.get("gradient_accumulation_steps"):
        raise InputError(f"the optimizer {name!r} with use_ema or gradient_accumulation_steps is not known")
    known = set(inspect.signature(kind).parameters) & set(config)
    return kind(
        **{option: config[option] for option in known if config[option] is not None and config[option] is not False}
    )


def _schedule(name: str, options: dict[str, Any]) -> Any:
    if name not in SCHEDULES:
        raise InputError(f"the learning rate schedule {name!r} is not known")
    kind = SCHEDULES[name]
    known = inspect.signature(kind).parameters
    try:
        return kind(**{option: value for option, value in options.items() if option in known})
    except TypeError as error:
        raise InputError(f"the learning rate schedule {name!r} cannot be made: {error}") from error
