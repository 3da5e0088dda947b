"""Attention as a function in the graph, as `core.ops.attention` has it."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.keras_ops.operation import Call
from core.keras_ops.row import NN, Row
from core.keras_ops.row_rules import Arguments, constants
from core.layers.calls import Symbol
from core.layers.work import Work, numbers_in
from core.ops import attention
from core.ops.promotion import together


def _attend(
    query: Array, key: Array, value: Array, bias: Any, mask: Any, scale: float | None, is_causal: bool
) -> tuple[Array, attention.Backward]:
    query, key, value = together(query, key, value)
    bias, mask = (None if each is None else np.asarray(each) for each in (bias, mask))
    return attention.dot_product_attention(query, key, value, bias, mask, scale, is_causal)


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
    """y = softmax(scale * query . key + bias) . value, for (batch, length, heads, size); masked scores get no weight.

    `flash_attention` is a way to compute the same, and Keras on TensorFlow leaves `attn_logits_soft_cap` out of account.
    """
    del flash_attention, attn_logits_soft_cap
    return _attend(query, key, value, bias, mask, scale, is_causal)[0]


def _gradient(
    dy: Array, _: Array, query: Array, key: Array, value: Array, bias: Any = None, mask: Any = None,
    scale: float | None = None, is_causal: bool = False, *args: Any, **options: Any,
) -> tuple[Array, Array, Array, Array | None]:  # fmt: skip
    del args, options
    return _attend(query, key, value, bias, mask, scale, is_causal)[1](dy)


def _shape(call: Call) -> Shape:
    named = dict(zip(("query", "key", "value"), call.args, strict=False)) | call.options
    query, value = (tuple(named[name].shape) for name in ("query", "value"))
    return (*query[:-1], value[-1])


def _keeps_rows(given: Arguments) -> bool:
    return all(isinstance(given[name], Symbol) for name in ("query", "key", "value")) and not constants(given)


def _work(call: Call, result: Any) -> Work:
    """Every query meets every key: scores, their softmax and their masks, as large as all pairs."""
    named = dict(zip(("query", "key", "value"), call.args, strict=False)) | call.options
    batch, queries, heads, size = (int(axis or 0) for axis in named["query"].shape)
    pairs = batch * heads * queries * int(named["key"].shape[1] or 0)
    return Work(pairs * (2 * size + 8), pairs * 16 + numbers_in([result]) * 4)


ROWS = {"DotProductAttention": Row(dot_product_attention, _shape, _gradient, _keeps_rows, _work, NN)}
