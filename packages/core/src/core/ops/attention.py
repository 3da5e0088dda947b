"""Dot-product attention: how much a query agrees with a key is the product of their vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.ops.activations import softmax, softmax_gradient
from core.ops.broadcasting import unbroadcast

#: From dy to the gradients of query, key, value and bias.
Backward: TypeAlias = Callable[[Array], tuple[Array, Array, Array, Array | None]]


def dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    bias: Array | None = None,
    mask: Array | None = None,
    scale: float | None = None,
    is_causal: bool = False,
) -> tuple[Array, Backward]:
    """y = weights . value, weights = softmax(scale * query . key + bias), for (batch, length, heads, size).

    A masked score gets no weight; where all of a row are masked, they are equal. Heads of key and value are repeated where the
    query has more. d value = weights^T . dy, d weights = dy . value^T, d logits = weights * (d weights - sum of weights *
    d weights), d query = scale * d logits . key, d key = scale * d logits^T . query. Raises `InputError` for other ranks.
    """
    if query.ndim != 4:
        raise InputError(f"attention takes arrays of (batch, length, heads, size), got {query.shape}")
    groups = query.shape[2] // key.shape[2] if query.shape[2] > key.shape[2] > 0 else 1
    rows, columns, contents = (np.swapaxes(part, 1, 2) for part in (query, key, value))  # (batch, heads, length, size)
    if groups > 1:
        columns, contents = (np.repeat(part, groups, axis=1) for part in (columns, contents))
    logits = rows @ np.swapaxes(columns, -1, -2)
    logits = logits.astype(np.result_type(logits.dtype, np.float32), copy=False)
    # TensorFlow rounds the scale to float32, whatever the type
    factor = logits.dtype.type(1 / np.sqrt(np.float32(key.shape[-1])) if scale is None else np.float32(scale))
    logits = logits * factor
    if bias is not None:
        logits = logits + bias.astype(query.dtype).astype(logits.dtype)
    visible = None if mask is None else mask.astype(bool)
    if is_causal:
        causal = np.tril(np.ones(logits.shape[-2:], bool))
        visible = causal if visible is None else visible & causal
    weights = softmax(logits if visible is None else np.where(visible, logits, _masked_score(logits.dtype)))

    def backward(dy: Array) -> tuple[Array, Array, Array, Array | None]:
        d_mixed = np.swapaxes(dy, 1, 2)
        d_logits = softmax_gradient(d_mixed @ np.swapaxes(contents, -1, -2), weights)
        if visible is not None:
            d_logits = np.where(visible, d_logits, d_logits.dtype.type(0))
        found = (
            d_logits @ columns * factor,
            np.swapaxes(d_logits, -1, -2) @ rows * factor,
            np.swapaxes(weights, -1, -2) @ d_mixed,
        )
        d_query, *others = (np.swapaxes(part, 1, 2) for part in found)
        if groups > 1:
            others = [part.reshape(*part.shape[:2], -1, groups, part.shape[-1]).sum(axis=3) for part in others]
        return d_query, others[0], others[1], None if bias is None else unbroadcast(d_logits, bias.shape)

    return np.swapaxes(weights.astype(value.dtype, copy=False) @ contents, 1, 2), backward


def _masked_score(dtype: np.dtype) -> np.generic:
    """Return what Keras puts for a masked score: far below any real one, and finite in its type."""
    scalar: np.generic = dtype.type(-0.7 * (65500.0 if dtype == np.float16 else 3.38953e38))
    return scalar
