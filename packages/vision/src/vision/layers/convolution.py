"""The convolutions over images, (batch, height, width, channels), and over volumes, with a depth before the height.

Only the number of axes is theirs: equations, parameters and options are those of the classes in `core.layers.convolution`.
Source: https://keras.io/api/layers/convolution_layers/
"""

from __future__ import annotations

from core.layers.convolution import (
    Convolution,
    DepthwiseConvolution,
    SeparableConvolution,
    TransposedConvolution,
)


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


LAYERS = {
    layer.__name__: layer
    for layer in (Conv2D, Conv2DTranspose, Conv3D, Conv3DTranspose, DepthwiseConv2D, SeparableConv2D)
}
