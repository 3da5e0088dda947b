"""Convolutions for any number of axes, and their one-dimensional forms; `vision.layers` holds those over images."""

from core.layers.convolution.convolution import Convolution
from core.layers.convolution.depthwise import DepthwiseConvolution
from core.layers.convolution.one_dimensional import Conv1D, Conv1DTranspose, DepthwiseConv1D, SeparableConv1D
from core.layers.convolution.separable import SeparableConvolution
from core.layers.convolution.transposed import TransposedConvolution

LAYERS = {layer.__name__: layer for layer in (Conv1D, Conv1DTranspose, DepthwiseConv1D, SeparableConv1D)}

__all__ = [
    "LAYERS",
    "Conv1D",
    "Conv1DTranspose",
    "Convolution",
    "DepthwiseConv1D",
    "DepthwiseConvolution",
    "SeparableConv1D",
    "SeparableConvolution",
    "TransposedConvolution",
]
