"""Activations made of straight lines: a number passes, is scaled or is cut off."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.ops.activations.derivative import between, rounded, times, with_derivative
from core.ops.promotion import floating


@with_derivative(lambda dy, _y, _x: dy)
def linear(x: Array) -> Array:
    """y = x."""
    return x


@with_derivative(times(lambda _, y: y > 0))
def relu(x: Array) -> Array:
    """y = max(x, 0)."""
    return np.maximum(x, 0)


@with_derivative(between(0, 6))
def relu6(x: Array) -> Array:
    """y = min(max(x, 0), 6)."""
    return np.clip(x, 0, 6)


def leaky_relu_gradient(dy: Array, _: Array, x: Array, negative_slope: float = 0.2) -> Array:
    """dx = dy where x > 0, else negative_slope * dy."""
    return np.where(x > 0, dy, dy * rounded(negative_slope, x))


@with_derivative(leaky_relu_gradient)
def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """y = x where x > 0, else negative_slope * x."""
    x = floating(x)
    return np.where(x > 0, x, x * rounded(negative_slope, x))


def rectify(x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Array:
    """y = min(x, max_value) where x > threshold, else negative_slope * (x - threshold).

    In the order in which Keras does it; it rounds the borders to float32.
    """
    if negative_slope and max_value is None and threshold == 0:
        return leaky_relu(x, negative_slope)
    border = rounded(threshold, x)
    y = np.where(x > border, x, x.dtype.type(0)) if threshold else np.maximum(x, 0)
    if max_value is not None:
        y = np.clip(y, x.dtype.type(0), rounded(max_value, x))
    if negative_slope:
        y = y - x.dtype.type(negative_slope) * np.maximum(x.dtype.type(threshold) - x, 0)
    return y


def rectify_gradient(
    dy: Array, y: Array, x: Array, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Array:
    """dx = dy between threshold and ceiling, 0 above it, negative_slope * dy below the threshold."""
    if negative_slope and max_value is None and threshold == 0:
        return leaky_relu_gradient(dy, y, x, negative_slope)
    ceiling = np.inf if max_value is None else np.float32(max_value)
    slope = ((x > np.float32(threshold)) & (x < ceiling)).astype(x.dtype)
    if negative_slope:
        slope += x.dtype.type(negative_slope) * (x < threshold)
    return dy * slope


@with_derivative(lambda dy, _, x, threshold=1.0, *_args, **_options: dy * (x > threshold))
def threshold(x: Array, threshold: float = 1.0, default_value: float = 0.0) -> Array:
    """y = x where x > threshold, else default_value."""
    return np.where(x > threshold, x, x.dtype.type(default_value))


@with_derivative(between(-3, 3, 1 / 6))
def hard_sigmoid(x: Array) -> Array:
    """y = relu6(x + 3) / 6, as Keras 3 defines it."""
    return relu6(x + 3) / 6


@with_derivative(between(-2.5, 2.5, 0.2))
def hard_sigmoid_keras2(x: Array) -> Array:
    """y = clip(0.2 x + 0.5, 0, 1), as Keras 2 defined it; files of that version mean this one."""
    return np.clip(x.dtype.type(0.2) * x + x.dtype.type(0.5), 0, 1)


@with_derivative(between(-1, 1, 0.5))
def sparse_sigmoid(x: Array) -> Array:
    """y = clip((x + 1) / 2, 0, 1)."""
    return np.clip((x + 1) / 2, 0, 1)


@with_derivative(between(-1, 1))
def hard_tanh(x: Array) -> Array:
    """y = clip(x, -1, 1)."""
    return np.clip(x, -1, 1)


def _shrink_gradient(dy: Array, _: Array, x: Array, threshold: float = 0.5) -> Array:
    """dx = dy where |x| > threshold."""
    return dy * (np.abs(x) > threshold)


@with_derivative(_shrink_gradient)
def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """y = sign(x) * max(|x| - threshold, 0)."""
    return np.sign(x) * np.maximum(np.abs(x) - x.dtype.type(threshold), 0)


@with_derivative(_shrink_gradient)
def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """y = x where |x| > threshold, else 0."""
    return np.where(np.abs(x) > threshold, x, x.dtype.type(0))
