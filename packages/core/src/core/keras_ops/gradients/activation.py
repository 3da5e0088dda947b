"""The derivatives of activations as functions in the graph, with the options that they have there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.layers.activations.relu import rectify_back
from core.ops import activation_gradients as derivative
from core.ops import activations as f

_PLAIN = {
    "Relu": f.relu, "Relu6": f.relu6, "Selu": f.selu, "Sigmoid": f.sigmoid, "LogSigmoid": f.log_sigmoid,
    "HardSigmoid": f.hard_sigmoid, "SparseSigmoid": f.sparse_sigmoid, "HardTanh": f.hard_tanh, "TanhShrink": f.tanh_shrink,
    "Softplus": f.softplus, "Softsign": f.softsign, "SparsePlus": f.sparse_plus, "Silu": f.silu, "HardSilu": f.hard_silu,
}  # fmt: skip


def _plain(activation: f.Activation) -> Callable[..., Array]:
    return lambda dy, y, x: derivative.DERIVATIVES[activation](x, y, dy)


def _along(activation: f.Activation) -> Callable[..., Array]:
    """That of an activation along one axis, which the table of activations has along the last."""

    def back(dy: Array, y: Array, x: Array, axis: int = -1) -> Array:
        last = (np.moveaxis(part, axis, -1) for part in (x, y, dy))
        return np.moveaxis(derivative.DERIVATIVES[activation](*last), -1, axis)

    return back


def softmax(dy: Array, y: Array, _: Array, axis: Any = -1) -> Array:
    """dx = y * (dy - sum of y * dy along `axis`)."""
    return derivative.softmax(y, dy, tuple(range(y.ndim)) if axis is None else tuple(np.atleast_1d(axis)))


def log_softmax(dy: Array, y: Array, _: Array, axis: int | None = -1) -> Array:
    """dx = dy - exp(y) * sum of dy along `axis`."""
    return dy - np.exp(y) * np.sum(dy, axis=axis, keepdims=True)


def gelu(dy: Array, y: Array, x: Array, approximate: bool = True) -> Array:
    """With t = tanh(c * (x + a x^3)): dx = dy * ((1 + t) / 2 + x (1 - t^2) c (1 + 3 a x^2) / 2)."""
    if not approximate:
        return derivative.DERIVATIVES[f.gelu](x, y, dy)
    a, c = x.dtype.type(np.float32(0.044715)), x.dtype.type(np.sqrt(2 / np.pi))
    t = np.tanh(c * (x + a * x**3))
    return dy * (1 + t + x * (1 - t * t) * c * (1 + 3 * a * x * x)) / 2


def celu(dy: Array, _: Array, x: Array, alpha: float = 1.0) -> Array:
    """dx = dy where x > 0, else exp(x / alpha) * dy."""
    return np.where(x > 0, dy, dy * np.exp(np.minimum(x, 0) / x.dtype.type(alpha)))


def squareplus(dy: Array, _: Array, x: Array, b: float = 4.0) -> Array:
    """dx = dy * (1 + x / sqrt(x^2 + b)) / 2."""
    return dy * (1 + x / np.sqrt(x * x + x.dtype.type(b))) / 2


def threshold(dy: Array, _: Array, x: Array, threshold: float = 1.0, default_value: float = 0.0) -> Array:
    """dx = dy where x > threshold."""
    del default_value
    return dy * (x > threshold)


TABLE: dict[str, Callable[..., Any]] = {name: _plain(activation) for name, activation in _PLAIN.items()} | {
    "ReLU": lambda dy, _, x, *args, **options: rectify_back(x, dy, *args, **options),
    "LeakyRelu": lambda dy, _, x, negative_slope=0.2: derivative.leaky_relu(x, dy, negative_slope),
    "Elu": lambda dy, _, x, alpha=1.0: derivative.elu(x, dy, alpha),
    "Celu": celu,
    "SoftShrink": lambda dy, _, x, threshold=0.5: dy * (np.abs(x) > threshold),
    "HardShrink": lambda dy, _, x, threshold=0.5: dy * (np.abs(x) > threshold),
    "Threshold": threshold,
    "Squareplus": squareplus,
    "Gelu": gelu,
    "Glu": _along(f.glu),
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
    "Sparsemax": _along(f.sparsemax),
}
