"""A network that learns: `compile`, `fit` and `evaluate` with Keras' options and defaults; `core.learning` does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core import learning
from core.arrays import Array
from core.checks import flag
from core.errors import InputError
from core.graph.network import Network
from core.graph.refusals import refusing


class Trainable(Network):
    """What `Model` has of `keras.Model.compile`, `fit` and `evaluate`."""

    #: The words of the last `fit`, which go for the next one and for `evaluate` where nothing else is said.
    compiled: learning.Compiled | None = None

    @property
    def compile_config(self) -> Any:
        """What the file says that the model was compiled with, as plain JSON; None where it says nothing."""
        return self.kept.get("compile_config")

    def compile(
        self,
        optimizer: learning.Optimizer | str = "rmsprop",
        loss: learning.Loss | str | Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: bool | str = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Say how `fit` learns and what `evaluate` measures, in Keras' words; nothing is compiled.

        The last four decide in Keras how fast a model runs, and nothing here. Raises `InputError` for unknown names.
        """
        del run_eagerly, steps_per_execution, jit_compile, auto_scale_loss
        words = learning.Compiled(
            learning.find_optimizer(optimizer), loss, loss_weights, metrics or [], weighted_metrics
        )
        words.objectives(self)
        self.compiled = words

    @refusing
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: learning.Callback | Sequence[learning.Callback] | None = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Sequence[int] = 1,
        *,
        optimizer: learning.Optimizer | str | None = None,
        loss: learning.Loss | str | Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        augment: Callable[[Array, np.random.Generator], Array] | None = None,
        checkpoint: str | Path | None = None,
        progress: learning.TrainingProgress | None = None,
        seed: int = 0,
        **unknown: Any,
    ) -> learning.History:
        """Train on x and y; return loss and metrics, and those of the validation data, one value an epoch.

        The options up to `validation_freq` are those of `keras.Model.fit`, those up to `weighted_metrics` of
        `keras.Model.compile`: what is not given stays as in the last `fit` or `compile`, else as the file says, else it is
        Adam, sparse categorical crossentropy, and accuracy where the loss knows classes. x may give batches (x, y) or
        (x, y, weights): an iterator, or an object that can be gone through again in each epoch. Several outputs have a
        list or a dict of targets, losses, weights and metrics. ``verbose="auto"`` draws a bar where someone looks.

        `augment` changes a batch of inputs at random. `checkpoint` is a file that is written after every epoch; where
        it is there already, training goes on from it. `progress` is told of every step in place of the bar. The `seed`
        decides the order of the rows and all that is drawn. Raises `InputError` for whatever does not fit, before the first
        step, `DivergedError` where the loss becomes NaN or infinite, `UnsupportedLayerError` for what cannot be trained.
        """
        _refuse("fit", unknown)
        data = learning.TrainingData(
            x, y, sample_weight, class_weight, validation_split, validation_data,
            batch_size, steps_per_epoch, validation_batch_size, validation_steps, shuffle, augment,
        )  # fmt: skip
        shown = learning.progress_of(verbose, progress)
        course = learning.Course(epochs, initial_epoch, validation_freq, callbacks, checkpoint, shown, seed)
        words = learning.Compiled(optimizer, loss, loss_weights, metrics, weighted_metrics)
        words = words.completed(self, self.compiled, self.compile_config)
        fitting = learning.Fitting(self, words, data, course)
        self.compiled = words
        return fitting.run()

    @refusing
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: None = None,
        return_dict: bool = False,
        *,
        loss: learning.Loss | str | Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **unknown: Any,
    ) -> float | list[float] | dict[str, float]:
        """Return the loss, and a list of loss and metrics where there are any, in Keras' order; or a dict by name.

        The options are those of `keras.Model.evaluate` (no callback has anything to do here) and `compile`; what is not
        given is as in `fit`. Batches have `batch_size` rows (32), penalties are part of the loss. Raises `InputError` for
        whatever does not fit.
        """
        _refuse("evaluate", unknown | ({"callbacks": callbacks} if callbacks else {}))
        flag(return_dict, "return_dict")
        shown = learning.progress_of(verbose)
        words = learning.Compiled(None, loss, loss_weights, metrics, weighted_metrics)
        words = words.completed(self, self.compiled, self.compile_config, learns=False)
        scorer = learning.Scorer(self, words.objectives(self))
        scores = learning.evaluate(scorer, x, y, sample_weight, batch_size, steps, shown)
        if return_dict:
            return scores
        listed = [scores[name] for name in scorer.objectives.listed if name in scores]
        return listed[0] if len(listed) == 1 else listed


_ADVICE = {
    "nb_epoch": "it is called epochs",
    **dict.fromkeys(("lr", "learning_rate"), "give optimizer=core.learning.Adam(learning_rate=...)"),
    **dict.fromkeys(("workers", "use_multiprocessing", "max_queue_size"), "batches are made one after the other"),
    **dict.fromkeys(("jit_compile", "run_eagerly", "steps_per_execution"), "nothing is compiled"),
}
_KNOWN = (
    "its options are those of keras.Model.fit and optimizer, loss, loss_weights, metrics, weighted_metrics, augment, "
    "checkpoint, progress, seed"
)


def _refuse(method: str, unknown: Mapping[str, Any]) -> None:
    """Raise `InputError` where there are options that a method does not have."""
    if unknown:
        advice = f"; {_ADVICE.get(next(iter(unknown)), _KNOWN)}" if method == "fit" else ""
        raise InputError(f"{method} has no option {', '.join(map(repr, unknown))}{advice}")
