"""The CNN from scratch: a trained Keras network over images, run with nothing but NumPy."""

from __future__ import annotations

from core import InputError, Model
from core.arrays import show_shape
from core.models.from_scratch import FromScratch

#: Layers over tokens and time, by class name: a network that holds one is for `text.RNNFromScratch`.
_OVER_TIME = frozenset({"Embedding", "TextVectorization", "SimpleRNN", "LSTM", "GRU", "RNN", "Bidirectional"})


class CNNFromScratch(FromScratch):
    """A convolutional network: images (batch, height, width, channels) in, one row of outputs for each image out.

    >>> net = CNNFromScratch()
    >>> net.load_keras_model("model.keras")  # doctest: +SKIP
    >>> net.predict(images)  # doctest: +SKIP
    """

    def check(self, model: Model) -> None:
        """Raise `InputError` unless `model` takes one batch of images and holds no layer over tokens or time."""
        shape = self.input_of(model).batch_shape
        if len(shape) != 4:
            raise InputError(
                f"CNNFromScratch takes models over images, (batch, height, width, channels); {model} takes "
                f"{show_shape(shape)}: use text.RNNFromScratch or core.load_model"
            )
        for _, layer in model.walk():
            if type(layer).__name__ in _OVER_TIME:
                raise InputError(
                    f"CNNFromScratch takes models without layers over time, {model} holds {layer}: "
                    "use text.RNNFromScratch or core.load_model"
                )
