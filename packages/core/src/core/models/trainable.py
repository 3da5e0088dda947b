"""The words by which a model is trained and evaluated, with Keras' names and defaults; `core.learning` does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import learning
from core.arrays import Array
from core.graph.refusals import refusing

if TYPE_CHECKING:
    import numpy as np

    from core.learning.callbacks import Callback
    from core.learning.history import History
    from core.learning.losses import Loss
    from core.learning.optimizer import Optimizer
    from core.learning.progress import Progress


class Trainable:
    """What `Model` has of `keras.Model.compile`, `fit` and `evaluate`."""

    #: What a file said of building and compiling.
    kept: dict[str, Any]
    #: The words of the last `fit`, which go for the next one and for `evaluate` where nothing else is said.
    compiled: Any = None

    @property
    def compile_config(self) -> Any:
        """What the file says that the model was compiled with, as plain JSON; None where it says nothing."""
        return self.kept.get("compile_config")

    def compile(
        self,
        optimizer: Optimizer | str = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: Any = False,
        steps_per_execution: Any = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: Any = True,
    ) -> None:
        """Say how `fit` learns and what `evaluate` measures, in Keras' words; nothing is compiled.

        The last four decide in Keras how fast a model runs, and nothing here. Raises `InputError` for unknown names.
        """
        del run_eagerly, steps_per_execution, jit_compile, auto_scale_loss
        words = learning.Compiled(
            learning.find_optimizer(optimizer), loss, loss_weights, metrics or [], weighted_metrics
        )
        model: Any = self
        words.objectives(model)
        self.compiled = words

    @refusing
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Callback | Sequence[Callback] | None = None,
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
        optimizer: Optimizer | str | None = None,
        loss: Loss | str | Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        augment: Callable[[Array, np.random.Generator], Array] | None = None,
        checkpoint: str | Path | None = None,
        progress: Progress | None = None,
        seed: int = 0,
        **unknown: Any,
    ) -> History:
        """Train on x and y; return loss and metrics, and those of the validation data, one value an epoch.

        The words up to `validation_freq` are those of `keras.Model.fit`, those up to `weighted_metrics` of
        `keras.Model.compile`: what is not given stays as in the last `fit` or `compile`, else as the file says, else it is
        Adam, sparse categorical crossentropy, and accuracy where the loss knows classes. x may give batches (x, y) or
        (x, y, weights): an iterator, or an object that can be gone through again in each epoch. Several outputs have a
        list or a dict of targets, losses, weights and metrics. ``verbose="auto"`` draws a bar where someone looks.

        `augment` changes a batch of inputs at random. `checkpoint` is a file that is written after every epoch; where
        it is there already, training goes on from it. Raises `InputError` for whatever does not fit, before the first
        step, `DivergedError` where the loss becomes NaN or infinite, `UnsupportedLayerError` for what cannot be trained.
        """
        model: Any = self
        return learning.fit(
            model, x, y, batch_size, epochs, verbose, callbacks, validation_split, validation_data, shuffle, class_weight,
            sample_weight, initial_epoch, steps_per_epoch, validation_steps, validation_batch_size, validation_freq,
            optimizer=optimizer, loss=loss, loss_weights=loss_weights, metrics=metrics, weighted_metrics=weighted_metrics,
            augment=augment, checkpoint=checkpoint, progress=progress, seed=seed, **unknown,
        )  # fmt: skip

    @refusing
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        *,
        loss: Loss | str | Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        **unknown: Any,
    ) -> float | list[float] | dict[str, float]:
        """Return the loss, and a list of loss and metrics where there are any, in Keras' order; or a dict by name.

        The words are those of `keras.Model.evaluate` and `compile`; what is not given is as in `fit`. Batches have
        `batch_size` rows (32), penalties are part of the loss. Raises `InputError` for whatever does not fit.
        """
        if callbacks:
            unknown["callbacks"] = callbacks
        model: Any = self
        return learning.evaluate(
            model, x, y, batch_size, verbose, sample_weight, steps, return_dict,
            loss=loss, loss_weights=loss_weights, metrics=metrics, weighted_metrics=weighted_metrics, **unknown,
        )  # fmt: skip
