"""Convolutions for any number of axes, and their one-dimensional forms; `vision.layers` holds those over images."""

from core.layers.convolution.convolution import Convolution
from core.layers.convolution.depthwise import DepthwiseConvolution
from core.layers.convolution.locally_connected import LocallyConnected1D, LocallyConnected2D
from core.layers.convolution.one_dimensional import Conv1D, Conv1DTranspose, DepthwiseConv1D, SeparableConv1D
from core.layers.convolution.separable import SeparableConvolution
from core.layers.convolution.transposed import TransposedConvolution

_PLAIN = (Conv1D, Conv1DTranspose, DepthwiseConv1D, LocallyConnected1D, LocallyConnected2D, SeparableConv1D)
LAYERS = {layer.__name__: layer for layer in _PLAIN}

__all__ = [
    "LAYERS",
    "Conv1D",
    "Conv1DTranspose",
    "Convolution",
    "DepthwiseConv1D",
    "DepthwiseConvolution",
    "LocallyConnected1D",
    "LocallyConnected2D",
    "SeparableConv1D",
    "SeparableConvolution",
    "TransposedConvolution",
]
