"""The layers that images and text share: dense, activation, normalisation, merging, reshaping, attention."""

from core.input_layer import InputLayer
from core.layers.activation import Activation
from core.layers.activations import LAYERS as ACTIVATIONS
from core.layers.attention import LAYERS as ATTENTION
from core.layers.batch_normalization import BatchNormalization
from core.layers.convolution import LAYERS as CONVOLUTION
from core.layers.dense import Dense
from core.layers.dropout import Dropout
from core.layers.einsum_dense import EinsumDense
from core.layers.flatten import Flatten
from core.layers.merging import LAYERS as MERGING
from core.layers.normalization import LAYERS as NORMALIZATION
from core.layers.pipeline import Pipeline
from core.layers.pooling import LAYERS as POOLING
from core.layers.preprocessing import LAYERS as PREPROCESSING
from core.layers.regularization import LAYERS as REGULARIZATION
from core.layers.reshaping import LAYERS as RESHAPING
from core.layers.reshaping_basic import LAYERS as RESHAPING_BASIC

_PLAIN = (Activation, BatchNormalization, Dense, Dropout, EinsumDense, Flatten, InputLayer, Pipeline)

#: What this package brings to `core.load_model`, by Keras' class name.
LAYERS = (
    {layer.__name__: layer for layer in _PLAIN}
    | ACTIVATIONS
    | ATTENTION
    | CONVOLUTION
    | MERGING
    | NORMALIZATION
    | POOLING
    | PREPROCESSING
    | REGULARIZATION
    | RESHAPING
    | RESHAPING_BASIC
)

__all__ = ["LAYERS", "Activation", "BatchNormalization", "Dense", "Dropout", "Flatten", "InputLayer"]
