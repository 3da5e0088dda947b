"""The derivatives of normalisation and attention as functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import axes_of
from core.keras_ops.networks import EPSILON, attention_shares
from core.ops.activations import softmax_gradient
from core.ops.broadcasting import unbroadcast


def _normalised(
    dy: Array, x: Array, axis: Any, epsilon: float | None, factor: Array | None, *, by_variance: bool, centre: bool
) -> tuple[Array, Array]:
    """dx and xhat of y = factor * xhat, xhat = (x - mean) * inverse: dx = inverse * (dz - mean of dz - c * mean of dz * xhat)

    with dz = factor * dy and c = (x - mean) * inverse. Without `centre` no mean is taken off x; without `by_variance` the
    mean square is divided by, and c = xhat.
    """
    axes = axes_of(axis, "axis", rank=x.ndim)
    centred = x - np.mean(x, axis=axes, keepdims=True)
    spread = np.mean(np.square(centred if by_variance else x), axis=axes, keepdims=True)
    inverse = 1 / np.sqrt(spread + x.dtype.type(EPSILON if epsilon is None else epsilon))
    xhat = (centred if centre else x) * inverse
    dz = dy if factor is None else dy * factor
    dx = dz - (centred if by_variance else x) * inverse * np.mean(dz * xhat, axis=axes, keepdims=True)
    if centre:
        dx = dx - np.mean(dz, axis=axes, keepdims=True)
    return dx * inverse, xhat


def layer_normalization(
    dy: Array, _: Array, x: Array, gamma: Any = None, beta: Any = None, axis: Any = -1, epsilon: float | None = None,
    rms_scaling: bool = False,
) -> tuple[Array, Array | None, Array | None]:  # fmt: skip
    """See `_normalised`; d gamma = sum of dy * xhat, d beta = sum of dy."""
    chosen = axes_of(axis, "axis", rank=x.ndim)
    sizes = tuple(size if place in chosen else 1 for place, size in enumerate(x.shape))
    factor = None if gamma is None else np.reshape(gamma, sizes)
    dx, xhat = _normalised(dy, x, axis, epsilon, factor, by_variance=True, centre=not rms_scaling)
    d_gamma = None if gamma is None else unbroadcast(dy * xhat, sizes).reshape(np.shape(gamma))
    unused = beta is None or rms_scaling
    return dx, d_gamma, None if unused else unbroadcast(dy, sizes).reshape(np.shape(beta))


def rms_normalization(
    dy: Array, _: Array, x: Array, scale: Any = None, axis: Any = -1, epsilon: float | None = None
) -> tuple[Array, Array | None]:
    """See `_normalised`; d scale = sum of dy * xhat."""
    factor = None if scale is None else np.asarray(scale)
    dx, xhat = _normalised(dy, x, axis, epsilon, factor, by_variance=False, centre=False)
    return dx, None if factor is None else unbroadcast(dy * xhat, factor.shape)


def batch_normalization(
    dy: Array, _: Array, x: Array, mean: Any, variance: Any, offset: Any = None, scale: Any = None, *, axis: int,
    epsilon: float = 1e-3,
) -> tuple[Array | None, ...]:  # fmt: skip
    """dx = dy * scale * inverse, d mean = -sum of dx, d variance = -sum of dx * (x - mean) * inverse^2 / 2."""
    sizes = [1] * x.ndim
    sizes[axis] = -1
    inverse = 1 / np.sqrt(np.reshape(variance, sizes) + x.dtype.type(epsilon))
    centred = x - np.reshape(mean, sizes)
    dx = dy * inverse * (1 if scale is None else np.reshape(scale, sizes))
    others = tuple(place for place in range(x.ndim) if place != axis % x.ndim)

    def summed(part: Array) -> Array:
        return np.sum(part, axis=others)

    d_variance = -summed(dx * centred * inverse * inverse) / 2
    d_offset = None if offset is None else summed(dy)
    return dx, -summed(dx), d_variance, d_offset, None if scale is None else summed(dy * centred * inverse)


def dot_product_attention(
    dy: Array, _: Array, query: Array, key: Array, value: Array, bias: Any = None, mask: Any = None,
    scale: float | None = None, is_causal: bool = False, *args: Any, **options: Any,
) -> tuple[Array | None, ...]:  # fmt: skip
    """d value = shares^T @ dy, d logits = shares * (d shares - sum of shares * d shares), d query = scale * d logits @ key."""
    del args, options
    shares, visible, factor = attention_shares(query, key, bias, mask, scale, is_causal)
    groups = query.shape[2] // key.shape[2]
    rows, columns, contents = (np.swapaxes(part, 1, 2) for part in (query, key, value))
    if groups > 1:
        columns, contents = (np.repeat(part, groups, axis=1) for part in (columns, contents))
    d_mixed = np.swapaxes(dy, 1, 2)
    d_logits = softmax_gradient(d_mixed @ np.swapaxes(contents, -1, -2), shares)
    if visible is not None:
        d_logits = np.where(visible, d_logits, d_logits.dtype.type(0))
    found = (
        d_logits @ columns * factor,
        np.swapaxes(d_logits, -1, -2) @ rows * factor,
        np.swapaxes(shares, -1, -2) @ d_mixed,
    )
    d_query, d_key, d_value = (np.swapaxes(part, 1, 2) for part in found)
    if groups > 1:
        d_key, d_value = (
            part.reshape(*part.shape[:2], -1, groups, part.shape[-1]).sum(axis=3) for part in (d_key, d_value)
        )
    return d_query, d_key, d_value, None if bias is None else unbroadcast(d_logits, np.shape(bias))


TABLE: dict[str, Callable[..., Any]] = {
    "LayerNorm": layer_normalization,
    "RMSNorm": rms_normalization,
    "BatchNorm": batch_normalization,
    "DotProductAttention": dot_product_attention,
}
