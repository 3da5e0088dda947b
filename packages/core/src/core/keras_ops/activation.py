"""Activations as functions in the graph: `keras.ops.relu(x)`, `keras.activations.gelu(x)` and their kin."""

from __future__ import annotations

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of
from core.keras_ops.operation import Call
from core.keras_ops.shapes import same
from core.layers.activations.relu import rectify
from core.ops import activations


def _softmax(x: Array, axis: int | list[int] | None = -1) -> Array:
    """y_i = exp(x_i) / sum_j exp(x_j) along `axis`, or over all where it is None."""
    chosen = tuple(range(x.ndim)) if axis is None else tuple(axis) if isinstance(axis, list) else axis
    return activations.softmax(x, chosen)


def _log_softmax(x: Array, axis: int | None = -1) -> Array:
    """y = log(softmax(x)) along `axis`, or over all where it is None."""
    if axis is None:
        return activations.log_softmax(x.reshape(-1)).reshape(x.shape)
    return activations.log_softmax(x, axis)


def _gelu(x: Array, approximate: bool = True) -> Array:
    """y = x * Phi(x); unlike the activation of that name, this one approximates unless told otherwise."""
    return activations.gelu(x, approximate)


def _relu(x: Array) -> Array:
    """y = max(x, 0); integers stay integers."""
    return np.maximum(x, np.asarray(x).dtype.type(0))


def _halved(call: Call) -> Shape:
    """Halve the axis that is split in values and gates."""
    shape = list(call.shape)
    axis = axis_of(call.options.get("axis", -1), "axis", rank=len(shape))
    size = shape[axis]
    shape[axis] = None if size is None else size // 2
    return tuple(shape)


TABLE = {
    "Relu": (_relu, same),
    "ReLU": (rectify, same),
    "Relu6": (activations.relu6, same),
    "LeakyRelu": (activations.leaky_relu, same),
    "Elu": (activations.elu, same),
    "Selu": (activations.selu, same),
    "Celu": (activations.celu, same),
    "Sigmoid": (activations.sigmoid, same),
    "LogSigmoid": (activations.log_sigmoid, same),
    "HardSigmoid": (activations.hard_sigmoid, same),
    "SparseSigmoid": (activations.sparse_sigmoid, same),
    "HardTanh": (activations.hard_tanh, same),
    "TanhShrink": (activations.tanh_shrink, same),
    "Softplus": (activations.softplus, same),
    "Softsign": (activations.softsign, same),
    "SoftShrink": (activations.soft_shrink, same),
    "HardShrink": (activations.hard_shrink, same),
    "Threshold": (activations.threshold, same),
    "Squareplus": (activations.squareplus, same),
    "SparsePlus": (activations.sparse_plus, same),
    "Silu": (activations.silu, same),
    "HardSilu": (activations.hard_silu, same),
    "Gelu": (_gelu, same),
    "Glu": (activations.glu, _halved),
    "Softmax": (_softmax, same),
    "LogSoftmax": (_log_softmax, same),
    "Sparsemax": (activations.sparsemax, same),
}
