"""Softmax and its kin: scores become weights, over one axis or several."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.activations.derivative import with_derivative

#: One axis, several, or all.
Axes: TypeAlias = int | tuple[int, ...] | None

#: What a masked score becomes (Keras' own): far below any real one, and finite in its type.
_MASKED = {"float16": -3e4}
_MASKED_ELSE = -1e9


def softmax_gradient(dy: Array, y: Array, axis: Axes = -1) -> Array:
    """dx = y * (dy - sum of y * dy along `axis`)."""
    return y * (dy - np.sum(y * dy, axis=axis, keepdims=True))


@with_derivative(lambda dy, y, _, axis=-1: softmax_gradient(dy, y, axis))
def softmax(x: Array, axis: Axes = -1) -> Array:
    """y_i = exp(x_i) / sum_j exp(x_j) along `axis`, after the largest x was subtracted from all."""
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def masked_softmax(x: Array, axes: tuple[int, ...], mask: Array | None) -> Array:
    """Take the softmax over `axes` of what the mask lets through; a masked position has y = 0, and so no part in dx.

    Raises `InputError` for a mask that does not broadcast to x.
    """
    if mask is None:
        return softmax(x, axes)
    mask = mask if mask.dtype == bool else mask > 0.5
    try:
        mask = np.broadcast_to(mask, x.shape)
    except ValueError as error:
        raise InputError(f"the mask {mask.shape} of a softmax must broadcast to its input {x.shape}") from error
    masked = x.dtype.type(_MASKED.get(x.dtype.name, _MASKED_ELSE))
    return np.where(mask, softmax(np.where(mask, x, masked), axes), x.dtype.type(0))


@with_derivative(lambda dy, y, _, axis=-1: dy - np.exp(y) * np.sum(dy, axis=axis, keepdims=True))
def log_softmax(x: Array, axis: int | None = -1) -> Array:
    """y = log(softmax(x)) along `axis`."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def _sparsemax_gradient(dy: Array, y: Array, x: Array, axis: int = -1) -> Array:
    """tau is a weighted mean of the scores of the support: of the largest all cumulative sums hold a part, and so on."""
    dy, y, x = (np.moveaxis(part, axis, -1) for part in (dy, y, x))
    order = np.argsort(-x, axis=-1)
    descending = np.take_along_axis(x, order, axis=-1)
    counts = np.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    size = np.sum(descending - (np.cumsum(descending, axis=-1) - 1) / counts > 0, axis=-1, keepdims=True)
    weights = np.zeros_like(x)
    np.put_along_axis(weights, order, np.maximum(size + 1 - counts, 0).astype(x.dtype) / size, axis=-1)
    dy = np.where(y > 0, dy, x.dtype.type(0))
    return np.moveaxis(dy - weights * np.sum(dy, axis=-1, keepdims=True), -1, axis)


@with_derivative(_sparsemax_gradient)
def sparsemax(x: Array, axis: int = -1) -> Array:
    """y = max(x - tau, 0), tau = (sum over the support of the cumulative sums - 1) / size of the support.

    Martins and Astudillo 2016 (https://arxiv.org/abs/1602.02068) use the last cumulative sum of the support alone. Keras
    adds up all of them, so its rows need not sum to 1; a network trained with that function needs that function.
    """
    logits = np.moveaxis(x, axis, -1)
    descending = -np.sort(-logits, axis=-1)
    cumulative = np.cumsum(descending, axis=-1)
    counts = np.arange(1, logits.shape[-1] + 1, dtype=x.dtype)
    support = descending - (cumulative - 1) / counts > 0
    size = np.sum(support, axis=-1, keepdims=True, dtype=x.dtype)
    tau = (np.sum(np.where(support, cumulative, 0), axis=-1, keepdims=True) - 1) / size
    return np.moveaxis(np.maximum(logits - tau, 0), -1, axis)
