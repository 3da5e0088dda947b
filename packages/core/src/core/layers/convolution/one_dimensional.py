"""The convolutions over one axis: time, or the words of a sentence, (batch, steps, channels)."""

from __future__ import annotations

from core.layers.convolution.convolution import Convolution
from core.layers.convolution.depthwise import DepthwiseConvolution
from core.layers.convolution.separable import SeparableConvolution
from core.layers.convolution.transposed import TransposedConvolution


class Conv1D(Convolution):
    """`Convolution` along time; "causal" padding never looks ahead.

    Source: https://keras.io/api/layers/convolution_layers/convolution1d/
    """

    rank = 1
    paddings = ("valid", "same", "causal")


class DepthwiseConv1D(DepthwiseConvolution):
    """`DepthwiseConvolution` along time."""

    rank = 1


class SeparableConv1D(SeparableConvolution):
    """`SeparableConvolution` along time."""

    rank = 1


class Conv1DTranspose(TransposedConvolution):
    """`TransposedConvolution` along time."""

    rank = 1
