"""Gated activations: a number times a gate between 0 and 1 that it opens itself."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.ops.activations.derivative import rounded, with_derivative
from core.ops.activations.piecewise import hard_sigmoid
from core.ops.activations.smooth import sigmoid, softplus
from core.ops.special import erf


def _silu_gradient(dy: Array, _: Array, x: Array) -> Array:
    """With s = sigmoid(x): dx = dy * s * (1 + x (1 - s))."""
    s = sigmoid(x)
    return dy * s * (1 + x * (1 - s))


@with_derivative(_silu_gradient)
def silu(x: Array) -> Array:
    """y = x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


@with_derivative(lambda dy, _, x: dy * (hard_sigmoid(x) + np.where(np.abs(x) < 3, x / 6, x.dtype.type(0))))
def hard_silu(x: Array) -> Array:
    """y = x * hard_sigmoid(x), also called hard swish."""
    return x * hard_sigmoid(x)


def _mish_gradient(dy: Array, _: Array, x: Array) -> Array:
    """With t = tanh(softplus(x)): dx = dy * (t + x (1 - t^2) sigmoid(x))."""
    t = np.tanh(softplus(x))
    return dy * (t + x * (1 - t * t) * sigmoid(x))


@with_derivative(_mish_gradient)
def mish(x: Array) -> Array:
    """y = x * tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def gelu_gradient(dy: Array, _: Array, x: Array, approximate: bool = False) -> Array:
    """dx = dy * (Phi(x) + x phi(x)); with t = tanh(c (x + a x^3)), dx = dy * ((1 + t) + x (1 - t^2) c (1 + 3 a x^2)) / 2."""
    if approximate:
        a, c = rounded(0.044715, x), x.dtype.type(np.sqrt(2 / np.pi))
        t = np.tanh(c * (x + a * x**3))
        return dy * (1 + t + x * (1 - t * t) * c * (1 + 3 * a * x * x)) / 2
    root = rounded(np.sqrt(0.5), x)
    density = x * root * x.dtype.type(1 / np.sqrt(np.pi)) * np.exp(-np.square(x * root))
    return dy * ((1 + erf(x * root)) / 2 + density)


@with_derivative(gelu_gradient)
def gelu(x: Array, approximate: bool = False) -> Array:
    """y = x * Phi(x), Phi the normal distribution function; `approximate` uses tanh (Hendrycks and Gimpel 2016)."""
    half = x.dtype.type(0.5)
    if approximate:
        cubic = x + rounded(0.044715, x) * x**3
        return half * x * (1 + np.tanh(x.dtype.type(np.sqrt(2 / np.pi)) * cubic))
    return half * x * (1 + erf(x * rounded(np.sqrt(0.5), x)))


def _glu_gradient(dy: Array, _: Array, x: Array, axis: int = -1) -> Array:
    """With s = sigmoid(b): da = dy * s, db = dy * a * s * (1 - s)."""
    a, b = np.split(x, 2, axis=axis)
    s = sigmoid(b)
    return np.concatenate([dy * s, dy * a * s * (1 - s)], axis=axis)


@with_derivative(_glu_gradient)
def glu(x: Array, axis: int = -1) -> Array:
    """y = a * sigmoid(b), where a and b are the two halves of x along `axis`."""
    a, b = np.split(x, 2, axis=axis)
    return a * sigmoid(b)
