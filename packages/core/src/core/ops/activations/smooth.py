"""Smooth activations: exponentials, sigmoids, hyperbolic tangents and what approaches a straight line."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.ops.activations.derivative import times, with_derivative
from core.ops.promotion import floating

#: Scale and alpha of `selu`.
_SELU = 1.0507009873554805, 1.6732632423543772


@with_derivative(times(lambda _, y: y))
def exponential(x: Array) -> Array:
    """y = exp(x)."""
    return np.exp(floating(x))


def elu_gradient(dy: Array, _: Array, x: Array, alpha: float = 1.0) -> Array:
    """dx = dy where x > 0, else alpha * exp(x) * dy."""
    return np.where(x > 0, dy, dy * x.dtype.type(alpha) * np.exp(np.minimum(x, 0)))


@with_derivative(elu_gradient)
def elu(x: Array, alpha: float = 1.0) -> Array:
    """y = x where x > 0, else alpha * (exp(x) - 1)."""
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


@with_derivative(lambda dy, y, x: x.dtype.type(_SELU[0]) * elu_gradient(dy, y, x, _SELU[1]))
def selu(x: Array) -> Array:
    """y = scale * elu(x, alpha), with the constants of Klambauer et al. 2017, https://arxiv.org/abs/1706.02515."""
    return x.dtype.type(_SELU[0]) * elu(x, _SELU[1])


@with_derivative(lambda dy, _, x, alpha=1.0: np.where(x > 0, dy, dy * np.exp(np.minimum(x, 0) / x.dtype.type(alpha))))
def celu(x: Array, alpha: float = 1.0) -> Array:
    """y = max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)."""
    return np.maximum(x, 0) + x.dtype.type(alpha) * np.expm1(np.minimum(x, 0) / x.dtype.type(alpha))


@with_derivative(lambda dy, y, _: dy * y * (1 - y))
def sigmoid(x: Array) -> Array:
    """y = 1 / (1 + exp(-x)), written with exp(-|x|) so that it never overflows."""
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


@with_derivative(times(lambda x, _: sigmoid(-x)))
def log_sigmoid(x: Array) -> Array:
    """y = log(sigmoid(x)) = -softplus(-x)."""
    return -softplus(-x)


@with_derivative(times(lambda _, y: 1 - y * y))
def tanh(x: Array) -> Array:
    """y = tanh(x)."""
    return np.tanh(floating(x))


@with_derivative(times(lambda x, _: np.square(np.tanh(x))))
def tanh_shrink(x: Array) -> Array:
    """y = x - tanh(x)."""
    return x - np.tanh(x)


@with_derivative(times(lambda x, _: sigmoid(x)))
def softplus(x: Array) -> Array:
    """y = log(1 + exp(x))."""
    return np.logaddexp(x, x.dtype.type(0))


@with_derivative(lambda dy, _, x: dy / np.square(1 + np.abs(x)))
def softsign(x: Array) -> Array:
    """y = x / (1 + |x|)."""
    return x / (1 + np.abs(x))


@with_derivative(lambda dy, _, x, b=4.0: dy * (1 + x / np.sqrt(x * x + x.dtype.type(b))) / 2)
def squareplus(x: Array, b: float = 4.0) -> Array:
    """y = (x + sqrt(x^2 + b)) / 2."""
    return (x + np.sqrt(x * x + x.dtype.type(b))) / 2


@with_derivative(times(lambda x, _: np.clip((x + 1) / 2, 0, 1)))
def sparse_plus(x: Array) -> Array:
    """y = 0 for x <= -1, (x + 1)^2 / 4 for -1 < x < 1, x for x >= 1."""
    return np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x))
