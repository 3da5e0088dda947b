"""Lowering: from a layer to the kernel that does its work on tiles and buffers, at inference and in float32. One table.

Each package brings the kernels of its own layers as a table like this one, named by the entry point ``kaca.lowering``.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.engine.flatten import GivenMask
from core.engine.lower import Lower
from core.kernels.border import Surround
from core.kernels.convolution import Convolve
from core.kernels.dense import Multiply
from core.kernels.depthwise import Filter
from core.kernels.elementwise import Affine, Rectify, Sum, activate, activated
from core.kernels.kernel import Kernel, Reshape, Same
from core.kernels.pooling import Halve, Mean, Pool
from core.layers.activations.activation import Activation
from core.layers.activations.relu import ReLU
from core.layers.convolution.convolution import Convolution
from core.layers.convolution.depthwise import DepthwiseConvolution
from core.layers.dense import Dense
from core.layers.merging.elementwise import Add
from core.layers.normalization.batch import BatchNormalization
from core.layers.pooling.global_pooling import GlobalAveragePooling
from core.layers.pooling.window_pooling import AveragePooling, MaxPooling, Pooling
from core.layers.regularization.alpha_dropout import AlphaDropout
from core.layers.regularization.dropout import Dropout
from core.layers.regularization.spatial_dropout import SpatialDropout
from core.layers.reshaping.borders import ZeroPadding
from core.layers.reshaping.flatten import Flatten
from core.ops.pooling import MOST_TAPS

#: The kernels make the padding as it is; a larger dilation is left to the plain form.
LARGEST_DILATION = 64


def _convolution(layer: Convolution) -> Kernel | None:
    """Fold the bias and the activation, for images with their channels last."""
    rows, columns = (*layer.window.dilation, 0, 0)[:2]
    if not _over_images(layer) or layer.groups > 1 or columns > 1 or rows > LARGEST_DILATION:
        return None
    return activated(Convolve(layer.kernel, layer.bias if layer.use_bias else None, layer.window), layer.activation)


def _depthwise(layer: DepthwiseConvolution) -> Kernel | None:
    """Fold the bias and the activation, for images with their channels last."""
    if not _over_images(layer) or layer.depth_multiplier > 1 or max(layer.window.dilation) > LARGEST_DILATION:
        return None
    kernel, bias = layer.kernel[..., 0], layer.bias if layer.use_bias else None
    return activated(Filter(kernel, bias, layer.window), layer.activation)


def _pooling(layer: Pooling) -> Kernel | None:
    """Compare or add whole rows, for images with their channels last."""
    window, largest = layer.window, isinstance(layer, MaxPooling)
    if not _over_images(layer) or window.padding != "valid" or math.prod(window.size) > MOST_TAPS:
        return None
    halves = largest and window.size == window.strides == (2, 2)
    return (Halve if halves else Pool)(window, largest)


def _batch_normalization(layer: BatchNormalization) -> Kernel | None:
    """Scale and shift each channel, where they are last."""
    if layer.axis % layer.rank != layer.rank - 1:
        return None
    scale = 1 / np.sqrt(layer.moving_variance.astype(np.float64) + layer.epsilon)
    if layer.scale:
        scale = scale * layer.gamma
    shift = (layer.beta if layer.center else 0) - layer.moving_mean * scale
    return Affine(scale.astype(np.float32), shift.astype(np.float32))


def _over_images(layer: Any) -> bool:
    return bool(layer.rank == 2 and layer.data_format == "channels_last")


LOWERING: dict[type, Lower] = {
    Activation: lambda layer: activate(layer.activation),
    Add: lambda _: Sum(),
    AlphaDropout: lambda _: Same(),
    AveragePooling: _pooling,
    BatchNormalization: _batch_normalization,
    Convolution: _convolution,
    Dense: lambda layer: activated(Multiply(layer.kernel, layer.bias if layer.use_bias else None), layer.activation),
    DepthwiseConvolution: _depthwise,
    Dropout: lambda _: Same(),
    GivenMask: lambda _: Same(),
    Flatten: lambda layer: Reshape() if layer.data_format == "channels_last" else None,
    GlobalAveragePooling: lambda layer: Mean() if _over_images(layer) else None,
    MaxPooling: _pooling,
    ReLU: lambda layer: None if layer.negative_slope or layer.threshold else Rectify(layer.max_value),
    SpatialDropout: lambda _: Same(),
    ZeroPadding: lambda layer: Surround((layer.padding[0], layer.padding[1])) if _over_images(layer) else None,
}
