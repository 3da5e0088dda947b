"""The convolutions over images, (batch, height, width, channels), and over volumes, with a depth before the height.

Only the number of axes is theirs: equations, parameters and options are those of the classes in `core.layers.convolution`.
Source: https://keras.io/api/layers/convolution_layers/
"""

from __future__ import annotations

from core.layers.convolution.convolution import Convolution
from core.layers.convolution.depthwise import DepthwiseConvolution
from core.layers.convolution.separable import SeparableConvolution
from core.layers.convolution.transposed import TransposedConvolution


class Conv2D(Convolution):
    """`Convolution` over height and width: kernel (height, width, channels / groups, filters)."""

    rank = 2


class Conv3D(Convolution):
    """`Convolution` over depth, height and width."""

    rank = 3


class DepthwiseConv2D(DepthwiseConvolution):
    """`DepthwiseConvolution` over height and width: kernel (height, width, channels, depth_multiplier)."""

    rank = 2


class SeparableConv2D(SeparableConvolution):
    """`SeparableConvolution` over height and width."""

    rank = 2


class Conv2DTranspose(TransposedConvolution):
    """`TransposedConvolution` over height and width: kernel (height, width, filters, channels)."""

    rank = 2


class Conv3DTranspose(TransposedConvolution):
    """`TransposedConvolution` over depth, height and width."""

    rank = 3
