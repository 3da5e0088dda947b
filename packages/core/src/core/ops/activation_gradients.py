"""The derivative of every activation: from x, y = f(x) and the gradient of y to the gradient of x.

At a kink the slope is the one that TensorFlow takes, so that training follows Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import UnsupportedLayerError
from core.kernels.tiles import by_rows
from core.ops import activations as f
from core.ops.special import erf

#: (x, y, dy) -> dx
Derivative: TypeAlias = Callable[[Array, Array, Array], Array]


def activate_and_back(activation: f.Activation, x: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Give y = activation(x) and the function from dy to dx. Raises `UnsupportedLayerError` for an unknown function."""
    layer: Any = getattr(activation, "__self__", None)
    if layer is not None:  # a layer that stands where an activation does
        y, backward = layer.call_and_back(x)
        return y, lambda dy: backward(dy)[0]
    derivative = DERIVATIVES.get(activation)
    if derivative is None:
        raise UnsupportedLayerError(f"the derivative of the activation {activation.__name__} is not known")
    y = by_rows(activation, x)
    return y, lambda dy: by_rows(derivative, x, y, dy)


def leaky_relu(x: Array, dy: Array, negative_slope: float = 0.2) -> Array:
    """dx = dy where x > 0, else negative_slope * dy."""
    return np.where(x > 0, dy, dy * x.dtype.type(np.float32(negative_slope)))


def elu(x: Array, dy: Array, alpha: float = 1.0) -> Array:
    """dx = dy where x > 0, else alpha * exp(x) * dy."""
    return np.where(x > 0, dy, dy * x.dtype.type(alpha) * np.exp(np.minimum(x, 0)))


def softmax(y: Array, dy: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """dx = y * (dy - sum of y * dy along `axis`)."""
    return y * (dy - np.sum(y * dy, axis=axis, keepdims=True))


def _between(low: float, high: float, slope: float = 1.0) -> Derivative:
    """The derivative of a line that is cut off at both ends."""
    return lambda x, _, dy: np.where((x > low) & (x < high), dy * x.dtype.type(slope), x.dtype.type(0))


def _silu(x: Array, _: Array, dy: Array) -> Array:
    s = f.sigmoid(x)
    return dy * s * (1 + x * (1 - s))


def _hard_silu(x: Array, _: Array, dy: Array) -> Array:
    return dy * (f.hard_sigmoid(x) + np.where(np.abs(x) < 3, x / 6, x.dtype.type(0)))


def _mish(x: Array, _: Array, dy: Array) -> Array:
    t = np.tanh(f.softplus(x))
    return dy * (t + x * (1 - t * t) * f.sigmoid(x))


def _gelu(x: Array, _: Array, dy: Array) -> Array:
    root = x.dtype.type(np.float32(np.sqrt(0.5)))  # rounded as in the function itself
    density = x * root * x.dtype.type(1 / np.sqrt(np.pi)) * np.exp(-np.square(x * root))
    return dy * ((1 + erf(x * root)) / 2 + density)


def _glu(x: Array, _: Array, dy: Array) -> Array:
    a, b = np.split(x, 2, axis=-1)
    s = f.sigmoid(b)
    return np.concatenate([dy * s, dy * a * s * (1 - s)], axis=-1)


def _sparsemax(x: Array, y: Array, dy: Array) -> Array:
    """tau is a weighted mean of the scores of the support: of the largest all cumulative sums hold a part, and so on."""
    order = np.argsort(-x, axis=-1)
    descending = np.take_along_axis(x, order, axis=-1)
    counts = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    size = np.sum(descending - (np.cumsum(descending, axis=-1) - 1) / counts > 0, axis=-1, keepdims=True)
    weights = np.zeros_like(x)
    np.put_along_axis(weights, order, np.maximum(size + 1 - counts, 0).astype(x.dtype) / size, axis=-1)
    dy = np.where(y > 0, dy, x.dtype.type(0))
    return dy - weights * np.sum(dy, axis=-1, keepdims=True)


DERIVATIVES: dict[f.Activation, Derivative] = {
    f.linear: lambda _x, _y, dy: dy,
    f.relu: lambda _x, y, dy: dy * (y > 0),
    f.relu6: _between(0, 6),
    f.leaky_relu: lambda x, _y, dy: leaky_relu(x, dy),
    f.elu: lambda x, _y, dy: elu(x, dy),
    f.selu: lambda x, _y, dy: x.dtype.type(1.0507009873554805) * elu(x, dy, 1.6732632423543772),
    f.celu: lambda x, _y, dy: elu(x, dy),
    f.sigmoid: lambda _x, y, dy: dy * y * (1 - y),
    f.log_sigmoid: lambda x, _y, dy: dy * f.sigmoid(-x),
    f.hard_sigmoid: _between(-3, 3, 1 / 6),
    f.hard_sigmoid_keras2: _between(-2.5, 2.5, 0.2),
    f.tanh: lambda _x, y, dy: dy * (1 - y * y),
    f.hard_tanh: _between(-1, 1),
    f.tanh_shrink: lambda x, _y, dy: dy * np.square(np.tanh(x)),
    f.softplus: lambda x, _y, dy: dy * f.sigmoid(x),
    f.softsign: lambda x, _y, dy: dy / np.square(1 + np.abs(x)),
    f.soft_shrink: lambda x, _y, dy: dy * (np.abs(x) > 0.5),
    f.hard_shrink: lambda x, _y, dy: dy * (np.abs(x) > 0.5),
    f.threshold: lambda x, _y, dy: dy * (x > 1),
    f.squareplus: lambda x, _y, dy: dy * (1 + x / np.sqrt(x * x + 4)) / 2,
    f.sparse_plus: lambda x, _y, dy: dy * np.clip((x + 1) / 2, 0, 1),
    f.sparse_sigmoid: _between(-1, 1, 0.5),
    f.silu: _silu,
    f.hard_silu: _hard_silu,
    f.mish: _mish,
    f.gelu: _gelu,
    f.glu: _glu,
    f.exponential: lambda _x, y, dy: dy * y,
    f.softmax: lambda _x, y, dy: softmax(y, dy),
    f.log_softmax: lambda _x, y, dy: dy - np.exp(y) * np.sum(dy, axis=-1, keepdims=True),
    f.sparsemax: _sparsemax,
}
