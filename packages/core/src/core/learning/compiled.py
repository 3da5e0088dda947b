"""What a model is trained and evaluated by, if nothing else is said: the words of its last `fit`, or of the file it came from.

Keras calls this compiling; a file keeps it as a config, of which the part that is needed is read when it is needed.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from core.errors import InputError
from core.graph.network import Network
from core.learning import schedules
from core.learning.losses import Loss
from core.learning.metrics import Metric, find_metric
from core.learning.named_losses import LOSSES, NAMES
from core.learning.objectives import Objectives
from core.learning.optimizer import Optimizer
from core.learning.optimizers import OPTIMIZERS, find_optimizer

_DEFAULT_LOSS = "sparse_categorical_crossentropy"


@dataclass(frozen=True)
class Compiled:
    """The words of `fit`; `optimizer` is the one that has taken the steps so far."""

    optimizer: Optimizer | str = "adam"
    loss: Any = _DEFAULT_LOSS
    loss_weights: Any = None
    metrics: Any = None
    weighted_metrics: Any = None

    def objectives(self, model: Network) -> Objectives:
        """Return what is asked of each output."""
        return Objectives(model, self.loss, self.loss_weights, self.metrics, self.weighted_metrics)


def compiled(
    model: Network,
    loss: Any,
    loss_weights: Any,
    metrics: Any,
    weighted_metrics: Any,
    *,
    optimizer: Any = None,
    learns: bool = True,
) -> Compiled:
    """Return the words that are given, and for the others those of before. A loss that is given stands alone.

    `learns` says that an optimiser is needed.
    """
    before: Compiled = model.compiled or _of_config(model, learns and optimizer is None, loss is None)
    words = [loss, loss_weights, metrics, weighted_metrics]
    if loss is None:
        earlier = [before.loss, before.loss_weights, before.metrics, before.weighted_metrics]
        words = [old if new is None else new for new, old in zip(words, earlier, strict=True)]
    return Compiled(find_optimizer(before.optimizer if optimizer is None else optimizer), *words)


def _of_config(model: Network, needs_optimizer: bool, needs_loss: bool) -> Compiled:
    """Read what the model's file says. Raises `InputError` for what Kaca does not have and nobody gave instead."""
    config = model.compile_config
    if not isinstance(config, Mapping):
        return Compiled()
    optimizer: Any = "adam"
    if needs_optimizer:
        given = config.get("optimizer") or config.get("optimizer_config")
        optimizer = "adam" if given is None else _read(read_optimizer, given, model, "optimizer")
    if not needs_loss or config.get("loss") is None:
        return Compiled(optimizer)
    loss = _read(_each(read_loss), config["loss"], model, "loss")
    metrics = _metrics(config.get("metrics"), model)
    return Compiled(
        optimizer, loss, config.get("loss_weights"), metrics, _metrics(config.get("weighted_metrics"), model)
    )


def _metrics(given: Any, model: Network) -> Any:
    return [] if not given else _read(_each(read_metric), given, model, "metrics")


def _read(read: Callable[[Any], Any], given: Any, model: Network, word: str) -> Any:
    try:
        return read(given)
    except (InputError, TypeError, AttributeError) as error:
        raise InputError(
            f"the file of {model} was trained by what Kaca does not have ({error}): give {word}=..."
        ) from error


def _each(read: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Apply `read` to each entry of lists and of dicts by output."""

    def every(given: Any) -> Any:
        if isinstance(given, list | tuple):
            return [every(one) for one in given]
        if isinstance(given, Mapping) and "class_name" not in given:
            return {key: every(one) for key, one in given.items()}
        return None if given is None else read(given)

    return every


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
    if name not in NAMES:
        raise InputError(f"the loss {name!r} is not known")
    plain = {"axis": (-1,), "ignore_class": (None,), "reduction": ("sum_over_batch_size", "auto", "mean", None)}
    for option, allowed in plain.items():
        if config.get(option, allowed[0]) not in allowed:
            raise InputError(f"the loss {name!r} with {option}={config[option]!r} is not known")
    kind = LOSSES[NAMES[name]]
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
    """Return the optimiser that a config describes, with its learning rate and options; its memory is not in a config."""
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
    known = set(_options(kind)) & set(config)
    return kind(
        **{option: config[option] for option in known if config[option] is not None and config[option] is not False}
    )


def _options(kind: type) -> list[str]:
    return [name for base in kind.__mro__[:-1] for name in inspect.signature(base.__init__).parameters]  # type: ignore[misc]


def _schedule(name: str, options: dict[str, Any]) -> Any:
    kind = getattr(schedules, name, None)
    if not inspect.isclass(kind) or kind.__module__ != schedules.__name__ or name in {"Schedule", "Constant"}:
        raise InputError(f"the learning rate schedule {name!r} is not known")
    known = inspect.signature(kind).parameters
    try:
        return kind(**{option: value for option, value in options.items() if option in known})
    except TypeError as error:
        raise InputError(f"the learning rate schedule {name!r} cannot be made: {error}") from error
