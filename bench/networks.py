"""The networks that are timed, with the random weights that training starts from, and inputs for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import keras
import numpy as np
import numpy.typing as npt

from vision.keras_cnn import build_cnn
from vision.options import ModelOptions

Array = npt.NDArray[Any]

LENGTH, VOCABULARY, EMBEDDING, UNITS = 100, 2000, 128, 64


@dataclass(frozen=True)
class TimedNetwork:
    """How to build a Keras model, and what it reads: images of a size, or token ids."""

    build: Callable[[], keras.Model]
    image: tuple[int, int, int] | None = None
    cell: str | None = None
    bidirectional: bool = False

    def inputs(self, rows: int) -> Array:
        """Make `rows` inputs, always the same ones."""
        rng = np.random.default_rng(0)
        if self.image is not None:
            return rng.uniform(0, 255, (rows, *self.image)).astype(np.float32)
        return rng.integers(1, VOCABULARY, (rows, LENGTH))


def _cnn(batch_norm: bool = False) -> keras.Model:
    options = ModelOptions(
        conv_layers=6,
        filters=(32, 64, 128),
        kernel_size=3,
        pooling="max",
        dense_units=128,
        batch_norm=batch_norm,
        dropout=0.0,
    )
    return build_cnn(options=options, augmentation=False, image_shape=(32, 32, 3), classes=10, seed=0)


def _mobile_net() -> keras.Model:
    return keras.applications.MobileNetV2(input_shape=(96, 96, 3), weights=None, classes=10)


_CELLS = {"SimpleRNN": keras.layers.SimpleRNN, "LSTM": keras.layers.LSTM, "GRU": keras.layers.GRU}


def _recurrent(cell: str, bidirectional: bool) -> TimedNetwork:
    def build() -> keras.Model:
        layer = _CELLS[cell](UNITS)
        return keras.Sequential(
            [
                keras.Input((LENGTH,), dtype="int32"),
                keras.layers.Embedding(VOCABULARY, EMBEDDING),
                keras.layers.Bidirectional(layer) if bidirectional else layer,
                keras.layers.Dense(32, activation="relu"),
                keras.layers.Dense(3, activation="softmax"),
            ]
        )

    return TimedNetwork(build, cell=cell, bidirectional=bidirectional)


NETWORKS = {
    "CNN": TimedNetwork(_cnn, image=(32, 32, 3)),
    **{cell: _recurrent(cell, False) for cell in _CELLS},
    **{f"Bidirectional {cell}": _recurrent(cell, True) for cell in _CELLS},
    "CNN, batch normalisation": TimedNetwork(partial(_cnn, batch_norm=True), image=(32, 32, 3)),
    "MobileNetV2": TimedNetwork(_mobile_net, image=(96, 96, 3)),
}
