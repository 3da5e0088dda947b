"""What is asked of each output: its loss, how much that weighs in the whole, and the metrics that are reported.

The words are those of Keras' `compile`: one loss for all outputs, a list or a dict of them; None for an output that is not
trained. Source: https://keras.io/api/models/model_training_apis/
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import number
from core.errors import InputError
from core.graph.network import Network
from core.learning.losses import BinaryCrossentropy, CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from core.learning.metrics import Metric, Tally, find_metric
from core.learning.named import find_loss
from core.learning.outputs import Outputs, as_floats
from core.learning.weighting import counted, shares


@dataclass(frozen=True)
class Objective:
    """What is asked of one output."""

    loss: Loss | None
    weight: float = 1.0
    #: Names in the scores and metrics; those of `weighted` count examples by their weights.
    metrics: tuple[tuple[str, Metric], ...] = ()
    weighted: tuple[tuple[str, Metric], ...] = ()


class Objectives:
    """The objective of each output of a model, and what a batch scores by them."""

    def __init__(
        self, model: Network, loss: Any, loss_weights: Any = None, metrics: Any = None, weighted_metrics: Any = None
    ) -> None:
        self.outputs = outputs = Outputs(model)
        losses = [None if one is None else find_loss(one) for one in outputs.each(loss, "loss", optional=True)]
        if not any(losses):
            raise InputError("loss must be given for at least one output")
        weights = [1.0] * len(outputs)
        if loss_weights is not None:
            given = outputs.each(loss_weights, "loss_weights", optional=True)
            weights = [1.0 if one is None else number(one, "loss_weights") for one in given]
        names = _Names(outputs)
        plain = _accuracies(losses) if metrics is None else _listed(outputs, metrics, "metrics")
        found = [names.of(index, metrics) for index, metrics in enumerate(plain)]
        more = _listed(outputs, weighted_metrics, "weighted_metrics")
        weighted = [names.of(index, metrics, "weighted_") for index, metrics in enumerate(more)]
        self.each = [Objective(*parts) for parts in zip(losses, weights, found, weighted, strict=True)]
        several = sum(one is not None for one in losses) > 1
        self._loss_names = [f"{name}_loss" if several else None for name in outputs.names]
        pairs = [pair for metrics in (*found, *weighted) for pair in metrics]
        self.roots = frozenset(name for name, metric in pairs if metric.root)
        named = [name for name, one in zip(self._loss_names, losses, strict=True) if name and one]
        #: The names of all scores.
        self.names = ["loss", *(name for name, _ in pairs), *named]
        #: Those that `evaluate` lists, in Keras' order: by the names of the metrics themselves, then what has another name.
        listed = ["loss", *(metric.name for _, metric in pairs if metric.name in self.names), *named]
        self.listed = [*listed, *sorted(set(self.names) - set(listed))]

    @property
    def loss(self) -> Loss | None:
        """The loss of the only output."""
        return self.each[0].loss

    def measure(
        self,
        outputs: Sequence[Any],
        targets: Sequence[Array | None],
        weights: Sequence[Array | None],
        masks: Sequence[Any],
        activations: Sequence[Any],
    ) -> tuple[float, list[Any], Tally]:
        """Return the loss of a batch, its gradient by each output, and the sums of all scores but the loss.

        `activations` turn the outputs that are logits into what the network gives, None where an output is that already.
        """
        total, losses, tally = 0.0, Tally(), Tally()
        gradients: list[Any] = []
        rows = zip(self.each, outputs, targets, weights, masks, activations, self._loss_names, strict=True)
        for objective, found_output, y, weight, found_mask, activation, loss_name in rows:
            if y is None or not isinstance(found_output, np.ndarray):
                gradients.append(None)
                continue
            mask = found_mask if isinstance(found_mask, np.ndarray) else None
            output = as_floats(found_output)
            if objective.loss is None:
                gradients.append(None)
            else:
                # a loss that is not finite is looked at by the trainer
                with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                    truth = objective.loss.check(y, output)
                    values, slope = objective.loss.values(truth, output, logits=activation is not None)
                    parts = shares(values, weight, mask)
                    value = float(np.sum(values * parts))
                    gradients.append(
                        slope(parts if objective.weight == 1 else parts * parts.dtype.type(objective.weight))
                    )
                total += objective.weight * value
                if loss_name is not None:
                    losses[loss_name] = value, 1.0  # a mean over batches, however many rows each has, as in Keras
            if objective.metrics or objective.weighted:
                given = output if activation is None else activation(output)
                for name, metric in objective.metrics:
                    tally[name] = metric.count(y, given, counted(None, mask if metric.masks else None))
                for name, metric in objective.weighted:
                    tally[name] = metric.count(y, given, counted(weight, mask if metric.masks else None))
        return total, gradients, tally | losses


class _Names:
    """Names that are each given once: that of the output in front where there are several, a number behind."""

    def __init__(self, outputs: Outputs) -> None:
        self._outputs = outputs
        self._given: dict[str, int] = {}

    def of(self, index: int, metrics: Sequence[Metric], again: str = "") -> tuple[tuple[str, Metric], ...]:
        """Name the metrics of one output; one whose name is there already has `again` in front."""
        found = []
        for metric in metrics:
            prefix = f"{self._outputs.names[index]}_" if len(self._outputs) > 1 else ""
            name = f"{prefix}{metric.name}"
            if again and name in self._given:
                name = f"{prefix}{again}{metric.name}"
            number_before = self._given.get(name, 0)
            self._given[name] = number_before + 1
            found.append((name if not number_before else f"{name}_{number_before}", metric))
        return tuple(found)


def _accuracies(losses: Sequence[Loss | None]) -> list[list[Metric]]:
    """Choose accuracy for every output whose loss knows classes."""
    kinds = (SparseCategoricalCrossentropy, CategoricalCrossentropy, BinaryCrossentropy)
    return [[find_metric("accuracy")] if isinstance(loss, kinds) else [] for loss in losses]


def _listed(outputs: Outputs, metrics: Any, what: str) -> list[list[Metric]]:
    """Return the metrics of each output: a list for the only output, else a list or dict with an entry for each."""
    if metrics is None or (isinstance(metrics, list | tuple | dict) and not metrics):
        return [[] for _ in outputs.names]
    if len(outputs) == 1:
        entries = [metrics]
        if isinstance(metrics, dict):
            entries = outputs.each(metrics, what)
    elif not isinstance(metrics, list | tuple | dict):
        raise InputError(
            f"{what} must be a list or dict with an entry for each of the outputs {', '.join(outputs.names)}, "
            f"got {metrics!r}"
        )
    else:
        entries = outputs.each(metrics, what, optional=True)
    return [[find_metric(one) for one in _flat(entry)] for entry in entries]


def _flat(entry: Any) -> list[Any]:
    if entry is None:
        return []
    if isinstance(entry, list | tuple):
        return [one for part in entry for one in _flat(part)]
    return [entry]
