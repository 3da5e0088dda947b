"""Operations with the weight of a layer: normalisation and attention as functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axes_of
from core.errors import InputError
from core.keras_ops.operation import Call, ShapeRule
from core.keras_ops.shapes import same
from core.ops.activations import softmax
from core.ops.promotion import together

#: Keras' `backend.epsilon()`, where an operation is given none.
EPSILON = 1e-7


def layer_normalization(
    x: Array,
    gamma: Any = None,
    beta: Any = None,
    axis: Any = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Array:
    """y = gamma * (x - mean) / sqrt(variance + epsilon) + beta over `axis`."""
    x = np.asarray(x)
    precise = x.astype(np.result_type(x.dtype, np.float32), copy=False)
    chosen = axes_of(axis, "axis", rank=x.ndim)
    sizes = [size if place in chosen else 1 for place, size in enumerate(x.shape)]
    mean, variance = (part(precise, axis=chosen, keepdims=True) for part in (np.mean, np.var))
    inverse = 1 / np.sqrt(variance + precise.dtype.type(EPSILON if epsilon is None else epsilon))
    if gamma is not None:
        inverse = inverse * np.asarray(gamma).astype(precise.dtype).reshape(sizes)
    y = precise * inverse
    if not rms_scaling:  # in Keras' order, see the layer
        y = y + ((0 if beta is None else np.asarray(beta).astype(precise.dtype).reshape(sizes)) - mean * inverse)
    return y.astype(x.dtype, copy=False)


def rms_normalization(x: Array, scale: Any = None, axis: Any = -1, epsilon: float | None = None) -> Array:
    """y = scale * x / sqrt(mean of x^2 over `axis` + epsilon)."""
    x = np.asarray(x)
    precise = x.astype(np.result_type(x.dtype, np.float32), copy=False)
    square = np.mean(np.square(precise), axis=axes_of(axis, "axis", rank=x.ndim), keepdims=True)
    y = precise / np.sqrt(square + precise.dtype.type(EPSILON if epsilon is None else epsilon))
    return (y if scale is None else y * np.asarray(scale).astype(precise.dtype)).astype(x.dtype, copy=False)


def batch_normalization(
    x: Array, mean: Any, variance: Any, offset: Any = None, scale: Any = None, *, axis: int, epsilon: float = 1e-3
) -> Array:
    """y = scale * (x - mean) / sqrt(variance + epsilon) + offset along `axis`."""
    sizes = [1] * np.ndim(x)
    sizes[axis] = -1
    along = [None if value is None else np.reshape(value, sizes) for value in (mean, variance, offset, scale)]
    centre, spread, shift, factor = along
    if centre is None or spread is None:
        raise InputError("mean and variance must be given")
    inverse = 1 / np.sqrt(spread + spread.dtype.type(epsilon))
    inverse = inverse if factor is None else inverse * factor
    start = -centre * inverse
    return x * inverse + (start if shift is None else start + shift)


def dot_product_attention(
    query: Array,
    key: Array,
    value: Array,
    bias: Any = None,
    mask: Any = None,
    scale: float | None = None,
    is_causal: bool = False,
    flash_attention: Any = None,
    attn_logits_soft_cap: Any = None,
) -> Array:
    """y = softmax(scale * query . key + bias) . value, for (batch, length, heads, size); masked scores get no share.

    Heads of key and value are repeated where the query has more. `flash_attention` is a way to compute the same, and
    Keras on TensorFlow leaves `attn_logits_soft_cap` out of account.
    """
    del flash_attention, attn_logits_soft_cap
    query, key, value = together(query, key, value)
    if query.ndim != 4:
        raise InputError(f"attention takes arrays of (batch, length, heads, size), got {query.shape}")
    if query.shape[2] > key.shape[2] > 1:
        groups = query.shape[2] // key.shape[2]
        key, value = np.repeat(key, groups, axis=2), np.repeat(value, groups, axis=2)
    shares, _, _ = attention_shares(query, key, bias, mask, scale, is_causal)
    return np.swapaxes(shares.astype(key.dtype, copy=False) @ np.swapaxes(value, 1, 2), 1, 2)


def attention_shares(
    query: Array, key: Array, bias: Any, mask: Any, scale: float | None, is_causal: bool
) -> tuple[Array, Array | None, Any]:
    """Give the shares (batch, heads, queries, values), what a query may look at, and what the products are multiplied by."""
    if query.shape[2] > key.shape[2]:
        key = np.repeat(key, query.shape[2] // key.shape[2], axis=2)
    logits = np.swapaxes(query, 1, 2) @ key.transpose(0, 2, 3, 1)
    logits = logits.astype(np.result_type(logits.dtype, np.float32), copy=False)
    # TensorFlow rounds the scale to float32, whatever the type
    factor = logits.dtype.type(1 / np.sqrt(np.float32(key.shape[-1])) if scale is None else np.float32(scale))
    logits = logits * factor
    if bias is not None:
        logits = logits + np.asarray(bias).astype(query.dtype).astype(logits.dtype)
    visible = None if mask is None else np.asarray(mask).astype(bool)
    if is_causal:
        causal = np.tril(np.ones(logits.shape[-2:], bool))
        visible = causal if visible is None else visible & causal
    if visible is not None:
        logits = np.where(visible, logits, logits.dtype.type(never(logits.dtype)))
    return softmax(logits), visible, factor


def never(dtype: np.dtype) -> float:
    """Give what Keras puts for a masked score: far below any real one, and finite in its type."""
    return -0.7 * (65500.0 if dtype == np.float16 else 3.38953e38)


def _attended(call: Call) -> Shape:
    named = dict(zip(("query", "key", "value"), call.args, strict=False)) | call.options
    query, value = (tuple(named[name].shape) for name in ("query", "value"))
    return (*query[:-1], value[-1])


def block_to_depth(x: Array, block_size: int, data_format: str = "channels_last") -> Array:
    """(batch, h, w, c) -> (batch, h/b, w/b, b*b*c): each block of b x b becomes channels."""
    x = np.moveaxis(x, 1, -1) if data_format == "channels_first" else np.asarray(x)
    batch, height, width, channels = x.shape
    cut = x.reshape(batch, height // block_size, block_size, width // block_size, block_size, channels)
    y = cut.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height // block_size, width // block_size, -1)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def depth_to_block(x: Array, block_size: int, data_format: str = "channels_last") -> Array:
    """(batch, h, w, b*b*c) -> (batch, h*b, w*b, c): channels become blocks of b x b."""
    x = np.moveaxis(x, 1, -1) if data_format == "channels_first" else np.asarray(x)
    batch, height, width, channels = x.shape
    cut = x.reshape(batch, height, width, block_size, block_size, channels // block_size**2)
    y = cut.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height * block_size, width * block_size, -1)
    return np.moveaxis(y, -1, 1) if data_format == "channels_first" else y


def _blocks(up: bool) -> ShapeRule:
    def rule(call: Call) -> Shape:
        shape, block = call.shape, call.options["block_size"]
        first = call.options.get("data_format") == "channels_first"
        places = (2, 3, 1) if first else (1, 2, 3)
        result = list(shape)
        for place in places:
            size, area = result[place], block * block if place == places[2] else block
            if size is not None:
                result[place] = size * area if up != (place == places[2]) else size // area
        return tuple(result)

    return rule


TABLE = {
    "LayerNorm": (layer_normalization, same),
    "RMSNorm": (rms_normalization, same),
    "BatchNorm": (batch_normalization, same),
    "DotProductAttention": (dot_product_attention, _attended),
    "SpaceToDepth": (block_to_depth, _blocks(up=False)),
    "DepthToSpace": (depth_to_block, _blocks(up=True)),
}
