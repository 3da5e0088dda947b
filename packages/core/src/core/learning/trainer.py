"""One training step: forward, loss, backward, and every parameter takes its step; `Scorer` is the first half, for evaluation."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import Any

import numpy as np

from core.errors import InputError, UnsupportedLayerError
from core.graph.backward import run_with_backward
from core.graph.forward import mask_leaves
from core.graph.network import Network
from core.kernels.blas import one_thread_each
from core.layers.context import PREDICTING, Context
from core.layers.convolution.convolution import Convolution
from core.layers.gradients import Backward, Gradient, Slot, as_gradient, join
from core.layers.trainable import parameters
from core.learning.activity import Activities
from core.learning.constraints import constraint_of
from core.learning.divergence import check_gradients, diverged
from core.learning.examples import Examples, check_examples, read_examples
from core.learning.logits import Logits
from core.learning.metrics import Tally
from core.learning.named import find_optimizer
from core.learning.objectives import Objectives
from core.learning.optimizer import Optimizer
from core.learning.regularizers import penalties
from core.nests import leaves

#: The loss of a batch, and the sums of all its scores.
Scores = tuple[float, Tally]


class Scorer:
    """Says how well a model does on a batch by its objectives, as it predicts: loss, penalties, metrics."""

    def __init__(self, model: Network, objectives: Objectives) -> None:
        self.model = model
        self.objectives = objectives
        self.logits = Logits(model, (one.loss is not None and one.loss.takes_logits for one in objectives.each))
        self.penalties = penalties(model)
        self.activities = Activities(model)

    def examples(self, x: Any, y: Any, weights: Any = None, class_weight: Any = None) -> Examples:
        """Take what a user gives. Raises `InputError`."""
        return read_examples(self.model, self.objectives, x, y, weights, class_weight)

    def checked(self, x: Any, y: Any, weights: Any = None, class_weight: Any = None) -> Examples:
        """Take what a user gives and look at every row of it. Raises `InputError`."""
        return self.check(self.examples(x, y, weights, class_weight))

    def check(self, examples: Examples) -> Examples:
        """Look at every row, and return them all. Raises `InputError`."""
        check_examples(self.model, self.objectives, examples)
        return examples

    def evaluate(self, x: Any, y: Any, weights: Any = None) -> Scores:
        """Return the loss and the scores of a batch as it is predicted, penalties included."""
        return self.score(self.examples(x, y, weights))

    def score(self, batch: Examples) -> Scores:
        """Return the loss and the scores of a batch."""
        inputs = self.model.adapt(batch.x)
        if self.activities:
            output, mask, _ = self._run_with_backward(inputs, PREDICTING)
        else:
            output, mask = self.logits.model.run(inputs, context=PREDICTING)
        value, _, tally = self._measure(output, mask, batch)
        return self._whole(value, tally, len(batch))

    def _run_with_backward(self, inputs: Any, context: Context) -> tuple[Any, Any, Backward]:
        self.activities.total = 0.0
        context = replace(context, wants_inputs=False, charges=self.activities if self.activities else None)
        return run_with_backward(self.logits.model, inputs, None, context)

    def _measure(self, output: Any, mask: Any, batch: Examples) -> tuple[float, list[Any], Tally]:
        masks = mask_leaves(mask, len(self.objectives.each))
        return self.objectives.measure(list(leaves(output)), batch.y, batch.weights, masks, self.logits.activations)

    def _whole(self, value: float, tally: Tally, rows: int) -> Scores:
        """Add what the parameters and the outputs of the last pass cost."""
        value += sum(penalty.cost() for penalty in self.penalties) + self.activities.total
        return value, {"loss": (value * rows, float(rows))} | tally


class Trainer(Scorer):
    """Trains `model` on one batch after another: ``trainer.step(x, y, rng=rng)`` gives the loss before the step.

    Raises `UnsupportedLayerError` for a layer, a regularizer or a policy that training cannot honour.
    """

    def __init__(self, model: Network, loss: Any, optimizer: Optimizer | str, **words: Any) -> None:
        objectives = loss if isinstance(loss, Objectives) else Objectives(model, loss, **words)
        super().__init__(model, objectives)
        self.optimizer = find_optimizer(optimizer)
        # Threads of BLAS wait for more work in a busy loop, and would keep the cores from threads of ours.
        own_threads = any(isinstance(layer, Convolution) for _, layer in model.walk())
        self._threads: Callable[[], AbstractContextManager[None]] = one_thread_each if own_threads else nullcontext
        self.learnt = [parameter for parameter in parameters(model) if parameter.trainable]
        if not self.learnt:
            raise InputError(f"{model} has no parameter that learns")
        for parameter in parameters(model):
            if parameter.name not in parameter.layer.parameters:
                raise InputError(f"{parameter} has no value yet: call model.initialize(seed), or load weights")
        self.constraints = [constraint_of(parameter) for parameter in self.learnt]
        for parameter in self.learnt:
            if parameter.layer.dtype.compute_dtype.kind != "f" or parameter.layer.dtype.compute_dtype.itemsize < 4:
                raise UnsupportedLayerError(
                    f"{parameter} is computed in {parameter.layer.dtype.compute}: train in float32"
                )
            if parameter.layer.config.get("lora_rank"):
                raise UnsupportedLayerError(
                    f"{parameter} has lora_rank={parameter.layer.config['lora_rank']}, so Keras trains an update of low "
                    "rank in its place, which Kaca does not: freeze the layer (trainable=False), or build it without"
                )
        #: The numbers of the parameters that the loss depends on, known after the first step.
        self.reached: list[int] = []
        self.optimizer.belong_to([parameter.slot for parameter in self.learnt], [p.shape for p in self.learnt])

    def step(self, x: Any, y: Any, weights: Any = None, *, rng: np.random.Generator | None = None) -> Scores:
        """Take one step on a batch; `weights` (batch,) says how much each example counts. Raises `DivergedError`."""
        return self.learn(self.examples(x, y, weights), rng)

    def learn(self, batch: Examples, rng: np.random.Generator | None = None) -> Scores:
        """Take one step on a batch of examples. Raises `DivergedError`."""
        with self._threads():
            return self._learn(batch, rng)

    def _learn(self, batch: Examples, rng: np.random.Generator | None) -> Scores:
        inputs = self.model.adapt(batch.x)
        output, mask, backward = self._run_with_backward(inputs, Context(training=True, rng=rng))
        value, d_outputs, tally = self._measure(output, mask, batch)
        _, found = backward(d_outputs)
        gradients = {slot: as_gradient(one).begin_step(*slot) for slot, one in self.logits.of_originals(found).items()}
        value, tally = self._whole(value, tally, len(batch))
        if not np.isfinite(value):
            raise diverged(self.model, inputs, self.optimizer.iterations + 1, value)
        self._apply(gradients)
        return value, tally

    def _apply(self, gradients: dict[Slot, Gradient]) -> None:
        costs = join(dict(gradients), {penalty.parameter.slot: penalty.gradient() for penalty in self.penalties})
        gradients = {slot: as_gradient(gradient) for slot, gradient in costs.items()}
        check_gradients(gradients, self.optimizer.iterations + 1)
        self.reached = reached = [index for index, parameter in enumerate(self.learnt) if parameter.slot in gradients]
        if len(reached) < len(self.learnt) and all(one.loss is not None for one in self.objectives.each):
            missing = next(parameter for parameter in self.learnt if parameter.slot not in gradients)
            raise InputError(f"the loss does not depend on {missing}: freeze its layer (trainable=False)")
        learnt = [self.learnt[index] for index in reached]
        new = self.optimizer.step(
            [parameter.value for parameter in learnt], [gradients[parameter.slot] for parameter in learnt]
        )
        for parameter, constraint, value in zip(
            learnt, (self.constraints[index] for index in reached), new, strict=True
        ):
            parameter.layer.assign(parameter.name, value if constraint is None else constraint(value), copy=False)
        for slot, gradient in gradients.items():
            gradient.end_step(*slot)
