"""What a model is trained and evaluated by, if nothing else is said: the words of its last `fit`, or of the file it came from.

Keras calls this compiling; a file keeps it as a config, of which the part that is needed is read when it is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from core.errors import InputError
from core.graph.network import Network
from core.learning.configs import read_loss, read_metric, read_optimizer
from core.learning.named import find_optimizer
from core.learning.objectives import Objectives


@dataclass(frozen=True)
class Compiled:
    """The words of `core.Model.compile`, None where nothing is said; `optimizer` has taken the steps so far."""

    optimizer: Any = None
    loss: Any = None
    loss_weights: Any = None
    metrics: Any = None
    weighted_metrics: Any = None

    def objectives(self, model: Network) -> Objectives:
        """Return what is asked of each output."""
        return Objectives(model, self.loss, self.loss_weights, self.metrics, self.weighted_metrics)

    def completed(self, model: Network, before: Compiled | None, config: Any, *, learns: bool = True) -> Compiled:
        """Return these words, and for what they leave open those of `before`, else those of the config of the file.

        A loss that is given stands alone. `learns` says that an optimizer is needed. Raises `InputError` for what the
        config names, Kaca does not have, and nobody gave instead.
        """
        before = before or _of_config(
            config, str(model), needs_optimizer=learns and self.optimizer is None, needs_loss=self.loss is None
        )
        optimizer = find_optimizer(before.optimizer if self.optimizer is None else self.optimizer)
        if self.loss is not None:
            return replace(self, optimizer=optimizer)
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        words = {name: value for name, value in given.items() if value is not None}
        return replace(before, **(words | {"optimizer": optimizer}))


#: Where neither a call nor a file says anything.
_DEFAULT = Compiled("adam", "sparse_categorical_crossentropy")


def _of_config(config: Any, model: str, *, needs_optimizer: bool, needs_loss: bool) -> Compiled:
    """Read what the file of a model says."""
    if not isinstance(config, Mapping):
        return _DEFAULT
    optimizer: Any = _DEFAULT.optimizer
    if needs_optimizer:
        given = config.get("optimizer") or config.get("optimizer_config")
        optimizer = optimizer if given is None else _read(read_optimizer, given, model, "optimizer")
    if not needs_loss or config.get("loss") is None:
        return replace(_DEFAULT, optimizer=optimizer)
    loss = _read(_each(read_loss), config["loss"], model, "loss")
    metrics, weighted = (
        _read(_each(read_metric), config[word], model, "metrics") if config.get(word) else []
        for word in ("metrics", "weighted_metrics")
    )
    return Compiled(optimizer, loss, config.get("loss_weights"), metrics, weighted)


def _read(read: Callable[[Any], Any], given: Any, model: str, word: str) -> Any:
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
