"""Activations as functions in the graph: `keras.ops.relu(x)`, `keras.activations.gelu(x)` and their kin."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import axis_of
from core.keras_ops.operation import Call, ShapeRule, WorkRule
from core.keras_ops.row import NN, Row
from core.keras_ops.row_rules import RowRule, along_axis, elementwise
from core.keras_ops.shapes import numpy_axes, same
from core.keras_ops.sorting import work_of_sorting
from core.ops.activations import (
    ACTIVATIONS,
    DERIVATIVES,
    gelu,
    gelu_gradient,
    rectify,
    rectify_gradient,
    softmax,
    softmax_gradient,
)


def _softmax(x: Array, axis: Any = -1) -> Array:
    """y_i = exp(x_i) / sum_j exp(x_j) along `axis`, one or several, or over all where it is None."""
    return softmax(x, numpy_axes(axis))


def _softmax_gradient(dy: Array, y: Array, _: Array, axis: Any = -1) -> Array:
    return softmax_gradient(dy, y, numpy_axes(axis))


def _gelu(x: Array, approximate: bool = True) -> Array:
    """y = x * Phi(x); unlike the activation of that name, this one approximates unless told otherwise."""
    return gelu(x, approximate)


def _gelu_gradient(dy: Array, y: Array, x: Array, approximate: bool = True) -> Array:
    return gelu_gradient(dy, y, x, approximate)


def _halved(call: Call) -> Shape:
    """Halve the axis that is split in values and gates."""
    shape = list(call.shape)
    axis = axis_of(call.options.get("axis", -1), "axis", rank=len(shape))
    size = shape[axis]
    shape[axis] = None if size is None else size // 2
    return tuple(shape)


def _row(name: str, shape: ShapeRule = same, keeps_rows: RowRule = elementwise, work: WorkRule | None = None) -> Row:
    """Return the row of an activation of `core.ops.activations`."""
    function = ACTIVATIONS[name]
    return Row(function, shape, DERIVATIVES[function], keeps_rows, work, NN)


ROWS = {
    "Relu": _row("relu"),
    "ReLU": Row(rectify, same, rectify_gradient, elementwise, module="keras.src.activations.activations"),
    "Relu6": _row("relu6"),
    "LeakyRelu": _row("leaky_relu"),
    "Elu": _row("elu"),
    "Selu": _row("selu"),
    "Celu": _row("celu"),
    "Sigmoid": _row("sigmoid"),
    "LogSigmoid": _row("log_sigmoid"),
    "HardSigmoid": _row("hard_sigmoid"),
    "SparseSigmoid": _row("sparse_sigmoid"),
    "HardTanh": _row("hard_tanh"),
    "TanhShrink": _row("tanh_shrink"),
    "Softplus": _row("softplus"),
    "Softsign": _row("softsign"),
    "SoftShrink": _row("soft_shrink"),
    "HardShrink": _row("hard_shrink"),
    "Threshold": _row("threshold"),
    "Squareplus": _row("squareplus"),
    "SparsePlus": _row("sparse_plus"),
    "Silu": _row("silu"),
    "HardSilu": _row("hard_silu"),
    "Gelu": Row(_gelu, same, _gelu_gradient, elementwise, module=NN),
    "Glu": _row("glu", _halved, along_axis),
    "Softmax": Row(_softmax, same, _softmax_gradient, along_axis, module=NN),
    "LogSoftmax": _row("log_softmax", same, along_axis),
    "Sparsemax": _row("sparsemax", same, along_axis, work_of_sorting),
}
