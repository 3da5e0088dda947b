"""Normalization brings numbers to a common scale: by mean and variance, by the mean square, by their length.

Statistics are taken over `axes` and kept with size 1 there; gamma, beta and scale broadcast to x. Half precision is computed in
float32, and y comes out so. backward(dy) returns the gradients of x, and of gamma and beta, None for one that was not given.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.ops.broadcasting import unbroadcast

Axes: TypeAlias = int | tuple[int, ...] | None
Backward: TypeAlias = Callable[[Array], tuple[Array, Array | None, Array | None]]


def layer_normalization(
    x: Array,
    axes: Axes,
    epsilon: float,
    gamma: Array | None = None,
    beta: Array | None = None,
    *,
    rms_scaling: bool = False,
) -> tuple[Array, Backward]:
    """See `_normalize`, with the mean over `axes`."""
    return _normalize(
        x, lambda values: np.mean(values, axis=axes, keepdims=True), epsilon, gamma, beta, rms_scaling=rms_scaling
    )


def group_normalization(
    x: Array, axis: int, groups: int, epsilon: float, gamma: Array | None = None, beta: Array | None = None
) -> tuple[Array, Backward]:
    """See `_normalize`, with the mean over a group of the channels along `axis` and over all other axes but the batch.

    gamma, beta (channels,).
    """
    last = np.moveaxis(x, axis, -1)
    channels = last.shape[-1]

    def group_means(values: Array) -> Array:
        """(batch, positions, channels) -> (batch, 1, channels); sums as a product with ones are faster and more exact."""
        count = values.shape[1]
        sums = np.ones(count, values.dtype) @ values
        means = sums.reshape(len(sums), groups, channels // groups).mean(axis=-1) / sums.dtype.type(count)
        return np.repeat(means, channels // groups, axis=-1)[:, None]

    rows = last.reshape(len(x), math.prod(last.shape[1:-1]), channels)
    y, rows_backward = _normalize(rows, group_means, epsilon, gamma, beta)

    def backward(dy: Array) -> tuple[Array, Array | None, Array | None]:
        dx, d_gamma, d_beta = rows_backward(np.moveaxis(dy, axis, -1).reshape(rows.shape))
        return np.moveaxis(dx.reshape(last.shape), -1, axis), d_gamma, d_beta

    return np.moveaxis(y.reshape(last.shape), -1, axis), backward


def _normalize(
    x: Array,
    mean_of: Callable[[Array], Array],
    epsilon: float,
    gamma: Array | None,
    beta: Array | None,
    *,
    rms_scaling: bool = False,
) -> tuple[Array, Backward]:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta; with `rms_scaling`, y = gamma * x / sqrt(variance + epsilon).

    dx = inverse * (dz - mean of dz - xhat * mean of dz * xhat), with dz = gamma * dy, xhat = (x - mean) * inverse; with
    `rms_scaling` the mean of dz is not taken away, and the last mean is of dz * x * inverse.
    """
    precise = _precise(x)
    mean = mean_of(precise)
    variance = mean_of(np.square(precise - mean))
    inverse = 1 / np.sqrt(variance + variance.dtype.type(epsilon))
    factor = inverse if gamma is None else inverse * gamma.astype(precise.dtype, copy=False)
    y = precise * factor
    if not rms_scaling:  # in Keras' order: where x hardly differs from its mean, rounding is nearly all that is left
        y += (0 if beta is None else beta.astype(precise.dtype, copy=False)) - mean * factor

    def backward(dy: Array) -> tuple[Array, Array | None, Array | None]:
        standard = (precise - mean) * inverse
        xhat = precise * inverse if rms_scaling else standard
        dz = dy if gamma is None else dy * gamma
        dx = dz - standard * mean_of(dz * xhat)
        if not rms_scaling:
            dx -= mean_of(dz)
        dx *= inverse
        d_gamma = None if gamma is None else unbroadcast(dy * xhat, gamma.shape)
        return dx, d_gamma, None if beta is None or rms_scaling else unbroadcast(dy, beta.shape)

    return y, backward


def rms_normalization(
    x: Array, axes: Axes, epsilon: float, scale: Array | None = None
) -> tuple[Array, Callable[[Array], tuple[Array, Array | None]]]:
    """y = scale * xhat, xhat = x / root, root = sqrt(mean of x^2 + epsilon); dx = (dz - xhat * mean of dz * xhat) / root."""
    precise = _precise(x)
    square = np.mean(np.square(precise), axis=axes, keepdims=True)
    root = np.sqrt(square + square.dtype.type(epsilon))
    y = precise / root
    if scale is not None:
        y = y * scale.astype(precise.dtype, copy=False)

    def backward(dy: Array) -> tuple[Array, Array | None]:
        xhat = precise / root
        dz = dy if scale is None else dy * scale
        dx = (dz - xhat * np.mean(dz * xhat, axis=axes, keepdims=True)) / root
        return dx, None if scale is None else unbroadcast(dy * xhat, scale.shape)

    return y, backward


def batch_normalization(
    x: Array, mean: Array, variance: Array, epsilon: float, gamma: Array | None = None, beta: Array | None = None
) -> Array:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, by moments that are given."""
    inverse = 1 / np.sqrt(variance + variance.dtype.type(epsilon))
    factor = inverse if gamma is None else inverse * gamma
    shift = -mean * factor
    return x * factor + (shift if beta is None else shift + beta)


def batch_normalization_gradient(
    dy: Array, x: Array, mean: Array, variance: Array, epsilon: float, gamma: Array | None = None
) -> tuple[Array, Array, Array, Array, Array]:
    """With inverse = 1 / sqrt(variance + epsilon): dx = dy * gamma * inverse, d mean = -sum of dx, d variance =

    -sum of dx * (x - mean) * inverse^2 / 2, d gamma = sum of dy * (x - mean) * inverse, d beta = sum of dy.
    """
    inverse = 1 / np.sqrt(variance + variance.dtype.type(epsilon))
    centered = x - mean
    dx = dy * inverse * (1 if gamma is None else gamma)
    d_variance = unbroadcast(dx * centered, mean.shape) * inverse * inverse / -2
    d_gamma = unbroadcast(dy * centered, mean.shape) * inverse
    return dx, -unbroadcast(dx, mean.shape), d_variance, d_gamma, unbroadcast(dy, mean.shape)


def unit_length(x: Array, axes: Axes, shortest: float) -> Array:
    """y = x / length of x, which is at least `shortest`, in the order in which Keras does it."""
    inverse = 1 / np.sqrt(np.sum(np.square(x), axis=axes, keepdims=True))
    return x * np.minimum(inverse, x.dtype.type(1 / shortest))


def unit_length_gradient(dy: Array, x: Array, axes: Axes, shortest: float) -> Array:
    """dx = (dy - y * sum of y * dy) / length of x; below `shortest` the divisor is a constant."""
    length = np.sqrt(np.sum(np.square(x), axis=axes, keepdims=True))
    y = unit_length(x, axes, shortest)
    turning = np.where(length > shortest, y * np.sum(y * dy, axis=axes, keepdims=True), x.dtype.type(0))
    return (dy - turning) / np.maximum(length, x.dtype.type(shortest))


def _precise(x: Array) -> Array:
    return x.astype(np.result_type(x.dtype, np.float32), copy=False)
