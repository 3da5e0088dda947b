"""The RNN and the LSTM from scratch: trained Keras networks over sentences, run with nothing but NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np

from core import InputError, Model
from core.models.from_scratch import FromScratch
from text.layers import RNN, LSTMCell


class RNNFromScratch(FromScratch):
    """A recurrent network of any kind: token ids (batch, time), or raw sentences where it begins with a TextVectorization.

    One sentence may come as a string; its outputs have a batch of one.

    >>> net = RNNFromScratch()
    >>> net.load_keras_model("model.keras")  # doctest: +SKIP
    >>> net.predict(["Pelayanannya ramah sekali"])  # doctest: +SKIP
    """

    def check(self, model: Model) -> None:
        """Raise `InputError` unless `model` has one input and a recurrent layer."""
        name = type(self).__name__
        self.input_of(model)
        if not any(isinstance(layer, RNN) for _, layer in model.walk()):
            raise InputError(
                f"{name} takes models with a recurrent layer, {model} has none: use vision.CNNFromScratch or core.load_model"
            )

    @property
    def takes_sentences(self) -> bool:
        """Whether the model takes raw sentences, its vocabulary inside; otherwise it takes token ids."""
        return self.input_of(self.model).dtype.compute == "string"

    def batch(self, x: Any) -> Any:
        """Return a batch of a single sentence too. Raises `InputError` for sentences where ids are wanted."""
        if isinstance(x, str | bytes):
            x = [x]
        if not self.takes_sentences and _holds_text(x):
            raise InputError(
                f"{self.model} takes token ids, got text: save it with its TextVectorization in front, or look up the ids"
            )
        return x


class LSTMFromScratch(RNNFromScratch):
    """A recurrent network with at least one LSTM, in one direction or both.

    >>> net = LSTMFromScratch()
    >>> net.load_keras_model("model.keras")  # doctest: +SKIP
    """

    def check(self, model: Model) -> None:
        """Raise `InputError` unless `model` has one input and an LSTM."""
        super().check(model)
        if not any(isinstance(layer, LSTMCell) for _, layer in model.walk()):
            raise InputError(f"LSTMFromScratch takes models with an LSTM, {model} has none: use text.RNNFromScratch")


def _holds_text(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.dtype.kind in "US" or (x.dtype.kind == "O" and x.size > 0 and isinstance(x.flat[0], str | bytes))
    return isinstance(x, str | bytes) or (isinstance(x, list | tuple) and len(x) > 0 and _holds_text(x[0]))
