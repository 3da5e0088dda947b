"""Activations that have options or parameters of their own."""

from core.layers.activations.elu import ELU
from core.layers.activations.leaky_relu import LeakyReLU
from core.layers.activations.prelu import PReLU
from core.layers.activations.relu import ReLU
from core.layers.activations.softmax import Softmax
from core.layers.activations.thresholded_relu import ThresholdedReLU

LAYERS = {
    layer.__name__: layer
    for layer in (
        ELU,
        LeakyReLU,
        PReLU,
        ReLU,
        Softmax,
        ThresholdedReLU,
    )
}

__all__ = ["ELU", "LAYERS", "LeakyReLU", "PReLU", "ReLU", "Softmax", "ThresholdedReLU"]
