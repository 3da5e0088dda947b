"""One training step: forward, loss, back, and every parameter takes its step; `Trainer` is that and nothing around it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np

from core.arrays import Array
from core.backpropagation import run_and_back
from core.engine.blas import one_thread_each
from core.errors import InputError, UnsupportedLayerError
from core.gradients import Backward, Gradients, Moving, Renewed, join
from core.graph import leaves
from core.learning.activity import Activities
from core.learning.constraints import constraint_of
from core.learning.divergence import check_gradients, diverged
from core.learning.logits import Logits
from core.learning.losses import Loss, find_loss
from core.learning.metrics import count_right
from core.learning.optimizers import Optimizer, find_optimizer
from core.learning.parameters import parameters
from core.learning.regularizers import penalties
from core.model import Model

#: Loss and accuracy of a batch (accuracy None where the loss knows no classes).
Scores = tuple[float, float | None]


class Trainer:
    """Trains `model` on one batch after another: ``trainer.step(x, y, rng=rng)`` gives the loss before the step.

    Raises `UnsupportedLayerError` for a layer, a regulariser or a policy that training cannot honour.
    """

    def __init__(self, model: Model, loss: Loss | str, optimizer: Optimizer | str) -> None:
        self.model = model
        self.loss = find_loss(loss)
        self.optimizer = find_optimizer(optimizer)
        self.logits = Logits(model)
        self.penalties = penalties(model)
        # Threads of BLAS wait for more work in a busy loop, and would keep the cores from threads of ours.
        own_threads = any(layer.has_threads for _, layer in model.walk())
        self._threads: Callable[[], AbstractContextManager[None]] = one_thread_each if own_threads else nullcontext
        self.activities = Activities(model)
        self.learnt = [parameter for parameter in parameters(model) if parameter.trainable]
        if not self.learnt:
            raise InputError(f"{model} has no parameter that learns")
        self.constraints = [constraint_of(parameter) for parameter in self.learnt]
        for parameter in self.learnt:
            if parameter.layer.dtype.compute_dtype.kind != "f" or parameter.layer.dtype.compute_dtype.itemsize < 4:
                raise UnsupportedLayerError(
                    f"{parameter} is computed in {parameter.layer.dtype.compute}: train in float32"
                )

    def step(self, x: Any, y: Any, weights: Array | None = None, *, rng: np.random.Generator | None = None) -> Scores:
        """Take one step on a batch; `weights` (batch,) says how much each example counts. Raises `DivergedError`."""
        with self._threads():
            return self._step(x, y, weights, rng)

    def _step(self, x: Any, y: Any, weights: Array | None, rng: np.random.Generator | None) -> Scores:
        inputs = self.model.adapt(x)
        network = self.logits.model if self._by_logits else self.model
        output, mask, backward = self._run_and_back(network, inputs, {"training": True, "rng": rng})
        value, d_output, right = self._measure(output, y, weights, mask)
        _, gradients = backward(d_output)
        gradients = _renew(self.logits.of_originals(gradients))
        value += self._cost()
        if not np.isfinite(value):
            raise diverged(self.model, inputs, self.optimizer.iterations + 1, value)
        self._apply(gradients)
        return value, right

    def evaluate(self, x: Any, y: Any, weights: Array | None = None) -> Scores:
        """Give loss and accuracy of a batch as it is predicted, penalties included."""
        network = self.logits.model if self._by_logits else self.model
        if self.activities:
            output, mask, _ = self._run_and_back(network, self.model.adapt(x), {"training": False})
        else:
            output, mask = network.run(self.model.adapt(x), training=False)
        value, _, right = self._measure(output, y, weights, mask)
        return value + self._cost(), right

    def _run_and_back(self, network: Model, inputs: Any, context: dict[str, Any]) -> tuple[Any, Any, Backward]:
        self.activities.total = 0.0
        return run_and_back(network, inputs, None, context, want_inputs=False, charges=self.activities)

    def _cost(self) -> float:
        """Add up what the parameters and the outputs of the last pass cost."""
        return sum(penalty.cost() for penalty in self.penalties) + self.activities.total

    @property
    def _by_logits(self) -> bool:
        return self.logits.are_there and self.loss.takes_logits

    def _measure(self, output: Any, y: Any, weights: Array | None, mask: Any) -> tuple[float, Array, float | None]:
        """Give the mean loss, the gradient of the output, and the share of right answers."""
        if not isinstance(output, np.ndarray):
            raise InputError(f"{self.model} has several outputs, which cannot be trained at once")
        truth = self.loss.check(np.asarray(y), output)
        with np.errstate(
            over="ignore", invalid="ignore", divide="ignore"
        ):  # a loss that is no number is looked at by `step`
            values, slope = self.loss.values(truth, output, logits=self._by_logits)
        shares = np.full(values.shape, 1 / values.size, values.dtype)
        if weights is not None:
            if weights.shape != values.shape[: weights.ndim]:
                raise InputError(f"weights must fit the losses {values.shape}, got {weights.shape}")
            shares *= weights.reshape(weights.shape + (1,) * (values.ndim - weights.ndim))
        masked = next(leaves(mask))
        if masked is not None:
            shares *= masked / max(np.mean(masked), 1 / masked.size)  # what counts stands for all, as in Keras
        probabilities = self.logits.activation(output) if self._by_logits else output
        right = count_right(self.loss, truth, probabilities)
        return float(np.sum(values * shares)), slope(shares), right

    def _apply(self, gradients: Gradients) -> None:
        for penalty in self.penalties:
            gradients = join(gradients, {penalty.parameter.slot: penalty.gradient()})
        check_gradients(gradients, self.optimizer.iterations + 1)
        found: list[Any] = []
        for parameter in self.learnt:
            gradient = gradients.get(parameter.slot)
            if gradient is None:
                raise InputError(f"the loss does not depend on {parameter}: freeze its layer (trainable=False)")
            found.append(gradient)
        new = self.optimizer.step([parameter.value for parameter in self.learnt], found)
        for parameter, constraint, value in zip(self.learnt, self.constraints, new, strict=True):
            parameter.layer.assign(parameter.name, value if constraint is None else constraint(value))
        for (layer, name), gradient in gradients.items():
            if isinstance(gradient, Moving):
                layer.assign(name, gradient.applied(layer.parameters[name]))


def _renew(gradients: Gradients) -> Gradients:
    """Set what took another value on the way there, and leave its gradient."""
    for (layer, name), gradient in gradients.items():
        if isinstance(gradient, Renewed):
            layer.assign(name, gradient.value)
    return {slot: found.gradient if isinstance(found, Renewed) else found for slot, found in gradients.items()}
