"""A network from scratch starts empty, takes a trained Keras model, and runs it without Keras.

It is a `core.Model` behind a door: a subclass says which models it is made for, and all others are refused.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, cast

from numpy.random import Generator

from core.arrays import Array
from core.engine.progress import Progress
from core.errors import InputError
from core.files.source import Readable
from core.graph.nodes import Ref
from core.layers.base import Layer
from core.layers.input_layer import InputLayer
from core.models.load import load_model
from core.models.model import Model


class FromScratch:
    """The common part of the networks from scratch; a subclass overrides `check`."""

    def __init__(self) -> None:
        self._model: Model | None = None

    def check(self, model: Model) -> None:
        """Raise `InputError` unless this network is made for `model`."""

    def input_of(self, model: Model) -> InputLayer:
        """Return the only input of `model`. Raises `InputError` where there are several."""
        if not isinstance(model.inputs, Ref):
            raise InputError(
                f"{type(self).__name__} takes models with one input, {model} has several: use core.load_model"
            )
        return cast(InputLayer, model.nodes[model.inputs.node].layer)

    def load_keras_model(self, model: Any) -> None:
        """Take a trained model: the path of a Keras file, or a live Keras model, which is saved and opened again.

        Raises `InputError` for anything else and for models that this network is not made for, and whatever
        `core.load_model` raises. What was loaded before stays if this fails.
        """
        if isinstance(model, str | os.PathLike | bytes) or callable(getattr(model, "read", None)):
            opened = load_model(model)
        elif callable(getattr(model, "save", None)):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "model.keras"
                model.save(path)
                opened = load_model(path)
        else:
            raise InputError(f"expected the path of a Keras file or a Keras model, got {type(model).__name__}")
        self.check(opened)
        self._model = opened

    @property
    def model(self) -> Model:
        """The loaded model. Raises `InputError` before `load_keras_model`."""
        if self._model is None:
            raise InputError(f"this {type(self).__name__} is empty: call load_keras_model first")
        return self._model

    @property
    def layers(self) -> list[Layer]:
        """The layers, in the order of the Keras model."""
        return self.model.layers

    def batch(self, x: Any) -> Any:
        """Return what a user gave as the batch that the model takes. Raises `InputError`."""
        return x

    def forward(self, x: Any, *, mask: Any = None, training: bool | None = None, rng: Generator | None = None) -> Any:
        """Compute the outputs for a batch, as `Model.forward` does."""
        return self.model.forward(self.batch(x), mask=mask, training=training, rng=rng)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        verbose: int | str = "auto",
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Array:
        """Return the most probable class of every row, (n,) int64, as `Model.predict_classes` does."""
        return self.model.predict_classes(
            self.batch(x), batch_size, verbose=verbose, threads=threads, progress=progress
        )

    def predict_proba(
        self,
        x: Any,
        batch_size: int | None = None,
        *,
        verbose: int | str = "auto",
        threads: int | None = None,
        progress: bool | Progress = False,
    ) -> Array:
        """Return the probability of every class for every row, (n, classes) float32, as `Model.predict_proba` does."""
        return self.model.predict_proba(self.batch(x), batch_size, verbose=verbose, threads=threads, progress=progress)

    def activations(self, x: Any) -> dict[str, Any]:
        """Return the output of every layer by its name."""
        return self.model.activations(self.batch(x))

    def summary(self) -> str:
        """Describe the model as text: layer, output shape, parameters, multiply-adds."""
        return self.model.summary()

    def save_weights(self, path: str | Path) -> None:
        """Write the parameters, as `Model.save_weights` does."""
        self.model.save_weights(path)

    def load_weights(self, path: Readable) -> None:
        """Read the parameters, all or none, as `Model.load_weights` does."""
        self.model.load_weights(path)
