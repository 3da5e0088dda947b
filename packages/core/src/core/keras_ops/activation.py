"""Activations as functions in the graph: `keras.ops.relu(x)`, `keras.activations.gelu(x)` and their kin."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import axis_of
from core.keras_ops.operation import Call
from core.keras_ops.reductions import axes
from core.keras_ops.shapes import same
from core.ops.activations import ACTIVATIONS, gelu, rectify, softmax


def _softmax(x: Array, axis: Any = -1) -> Array:
    """y_i = exp(x_i) / sum_j exp(x_j) along `axis`, one or several, or over all where it is None."""
    return softmax(x, axes(axis))


def _gelu(x: Array, approximate: bool = True) -> Array:
    """y = x * Phi(x); unlike the activation of that name, this one approximates unless told otherwise."""
    return gelu(x, approximate)


def _halved(call: Call) -> Shape:
    """Halve the axis that is split in values and gates."""
    shape = list(call.shape)
    axis = axis_of(call.options.get("axis", -1), "axis", rank=len(shape))
    size = shape[axis]
    shape[axis] = None if size is None else size // 2
    return tuple(shape)


_SAME = {
    "Relu": "relu", "Relu6": "relu6", "LeakyRelu": "leaky_relu", "Elu": "elu", "Selu": "selu", "Celu": "celu",
    "Sigmoid": "sigmoid", "LogSigmoid": "log_sigmoid", "HardSigmoid": "hard_sigmoid", "SparseSigmoid": "sparse_sigmoid",
    "HardTanh": "hard_tanh", "TanhShrink": "tanh_shrink", "Softplus": "softplus", "Softsign": "softsign",
    "SoftShrink": "soft_shrink", "HardShrink": "hard_shrink", "Threshold": "threshold", "Squareplus": "squareplus",
    "SparsePlus": "sparse_plus", "Silu": "silu", "HardSilu": "hard_silu", "LogSoftmax": "log_softmax",
    "Sparsemax": "sparsemax",
}  # fmt: skip

TABLE = {name: (ACTIVATIONS[function], same) for name, function in _SAME.items()} | {
    "ReLU": (rectify, same),
    "Gelu": (_gelu, same),
    "Glu": (ACTIVATIONS["glu"], _halved),
    "Softmax": (_softmax, same),
}
