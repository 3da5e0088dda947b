"""The layers that images and text share: dense, activation, normalisation, reshaping."""

from core.layers.activation import Activation
from core.layers.batch_normalization import BatchNormalization
from core.layers.dense import Dense
from core.layers.dropout import Dropout
from core.layers.flatten import Flatten
from core.layers.input_layer import InputLayer

#: What this package brings to `core.load_model`, by Keras' class name.
LAYERS = {layer.__name__: layer for layer in (Activation, BatchNormalization, Dense, Dropout, Flatten, InputLayer)}

__all__ = ["LAYERS", "Activation", "BatchNormalization", "Dense", "Dropout", "Flatten", "InputLayer"]
