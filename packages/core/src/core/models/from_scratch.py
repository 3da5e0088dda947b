"""A network from scratch starts empty, takes a trained Keras model, and runs it without Keras.

It is a `core.Model` behind a door: a subclass says which models it is made for, and all others are refused.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from core.arrays import Array
from core.errors import InputError
from core.files.source import Readable
from core.layers.base import Layer
from core.models.load import load_model
from core.models.model import Model


class FromScratch:
    """The common part of the networks from scratch; a subclass overrides `check`."""

    def __init__(self) -> None:
        self._model: Model | None = None

    def check(self, model: Model) -> None:
        """Raise `InputError` unless this network is made for `model`."""

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

    def forward(self, x: Any, **context: Any) -> Any:
        """Compute the outputs for a batch, as `Model.forward` does."""
        return self.model.forward(x, **context)

    def predict(self, x: Any, batch_size: int | None = None, **how: Any) -> Array:
        """Give the most probable class of every row, (n,) int64; `how` are the options of `Model.predict_classes`."""
        return self.model.predict_classes(x, batch_size, **how)

    def predict_proba(self, x: Any, batch_size: int | None = None, **how: Any) -> Array:
        """Give the probability of every class for every row, (n, classes) float32; `how` as for `Model.predict_proba`."""
        return self.model.predict_proba(x, batch_size, **how)

    def activations(self, x: Any) -> dict[str, Any]:
        """Give the output of every layer by its name."""
        return self.model.activations(x)

    def summary(self) -> str:
        """Describe the model as text: layer, output shape, parameters, multiply-adds."""
        return self.model.summary()

    def save_weights(self, path: str | Path) -> None:
        """Write the parameters, as `Model.save_weights` does."""
        self.model.save_weights(path)

    def load_weights(self, path: Readable) -> None:
        """Read the parameters, all or none, as `Model.load_weights` does."""
        self.model.load_weights(path)
