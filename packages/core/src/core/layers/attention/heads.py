"""What the attention layers with heads share: projections as children, masks, and the attention of all heads at once."""

from __future__ import annotations

import math
from functools import partial, reduce
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number
from core.errors import InputError
from core.layers.attention.along import Along, AttendBackward
from core.layers.attention.masks import causal, joined, of_sequences, window
from core.layers.base import Layer
from core.layers.einsum_dense import EinsumDense
from core.layers.gradients import Backward, Gradients, join
from core.layers.regularization.dropout import Dropout
from core.layers.work import Work
from core.ops.attention import dot_product_attention


class HeadedAttention(Layer):
    """y = output(heads of softmax(query . key / sqrt(key_dim)) . value), from query, value and (else value) key.

    Places are masked by the masks of the sequences, `attention_mask` (batch, Tq, Tv), `use_causal_mask` and
    `sliding_window`. Flash attention is another way to the same numbers, and is accepted.
    """

    supports_masking = True
    #: What Keras writes before the names of the projections.
    prefix: ClassVar[str] = ""
    #: How many heads of the query share one of key and value.
    groups: int = 1

    def __init__(
        self,
        *,
        size: int,
        dropout: float,
        use_bias: bool,
        sliding_window: int | None,
        flash_attention: object,
        use_gate: bool,
        seed: object,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.scale = 1.0 / math.sqrt(size)
        self.drop = Dropout(number(dropout, "dropout", minimum=0.0, maximum=1.0), name=self.name)
        self.use_bias = flag(use_bias, "use_bias")
        self.use_gate = flag(use_gate, "use_gate")
        self.sliding_window = None if sliding_window is None else integer(sliding_window, "sliding_window")
        self.seed = seed
        del flash_attention

    def _project(self, child: str, name: str, shape: Shape, sizes: tuple[int, ...], **options: Any) -> EinsumDense:
        """Add the child that maps the last axis of `shape` to axes of `sizes`."""
        letters = "abcdefghijklmnopqrstuvwxyz"
        kept, summed = letters[: len(shape) - 1], letters[len(shape) - 1]
        made = letters[len(shape) : len(shape) + len(sizes)]
        return self._add(child, name, f"{kept}{summed},{summed}{made}->{kept}{made}", made, shape, sizes, **options)

    def _add(
        self, child: str, name: str, equation: str, bias: str, shape: Shape, sizes: tuple[int, ...], **options: Any
    ) -> EinsumDense:
        rank = equation.rpartition(">")[2]
        layer = EinsumDense(
            equation,
            (*(None,) * (len(rank) - 1 - len(sizes)), *sizes),
            bias_axes=bias if self.use_bias else None,
            name=name,
            dtype=self.dtype,
            **options,
        )
        layer.build(shape)
        self.children[child] = layer
        return layer

    def _visible(
        self, query: Array, value: Array, sequences: tuple[Any, Any, Any], mask: Any, causal_too: bool
    ) -> Array | None:
        """Join all masks to one of (batch, Tq, Tv)."""
        lengths = query.shape[1], value.shape[1]
        return joined(
            of_sequences(*sequences),
            causal(*lengths) if causal_too else None,
            None if self.sliding_window is None else window(*lengths, self.sliding_window),
            mask,
        )

    def work(self, query: Any, value: Any, key: Any = None, **others: Any) -> Work:
        """The projections, and of every head the score of every query with every key; masks count as numbers."""
        key = value if key is None else key
        inputs = {"query": query, "key": key, "value": value}
        total = reduce(Work.then, (self._projection(name).work(shape) for name, shape in inputs.items()))
        batch, heads = query[0], self._projection("query").output_sizes[-2] or 0
        axes = self._along(len(query) + 1).axes
        queries, keys = (math.prod(shape[axis] for axis in axes) for shape in (query, value))
        free = math.prod(query[1:-1]) // max(1, queries)
        pairs = batch * heads * free * queries * keys
        size = sum(self._projection(name).output_sizes[-1] or 0 for name in ("query", "value"))
        inner = batch * math.prod(query[1:-1]) * heads * size
        output = inner * (self.compute_output_shape(query, value, key)[-1] or 0)
        numbers = 3 * batch * heads * size * (math.prod(query[1:-1]) + math.prod(value[1:-1]))
        bytes_inside = (4 * pairs + numbers) * max(4, self.number_bytes) + 10 * queries * keys
        return total.plus(pairs * (size + 8) + output, bytes_inside)

    def call_with_backward(
        self,
        query: Array,
        value: Array,
        key: Array | None = None,
        query_mask: Any = None,
        value_mask: Any = None,
        key_mask: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: bool = False,
        use_causal_mask: bool = False,
        *,
        rng: np.random.Generator | None = None,
    ) -> tuple[Any, Backward]:
        """Return what each query takes from the values, and its attention weights where they are asked for.

        Backward goes through the output, the gate, the attention of all heads, and the three projections.
        """
        visible = self._visible(query, value, (query_mask, value_mask, key_mask), attention_mask, use_causal_mask)
        heads, projections_backward = {}, {}
        for name, x in (("query", query), ("key", value if key is None else key), ("value", value)):
            heads[name], projections_backward[name] = self._projection(name).learn(x)
        mixed, weights, attend_backward = self._attend(heads, visible, training, rng, return_attention_scores)
        gate, gate_backward = self.children["_gate_dense"].learn(query) if self.use_gate else (None, None)
        output, output_backward = self._projection("output").learn(mixed if gate is None else mixed * gate)

        def backward(dy: Any) -> tuple[dict[str, Array], Gradients]:
            d_output, d_weights = dy if return_attention_scores else (dy, None)
            d_gated, gradients = output_backward(d_output)
            d_heads = attend_backward(d_gated if gate is None else d_gated * gate, d_weights)
            found = {}
            for (name, back), d_head in zip(projections_backward.items(), d_heads, strict=True):
                found[name], own = back(d_head)
                gradients = join(gradients, own)
            if gate_backward is not None:
                d_gate, own = gate_backward(d_gated * mixed)
                found["query"], gradients = found["query"] + d_gate, join(gradients, own)
            if key is None:
                found["value"] = found["value"] + found.pop("key")
            return found, gradients

        return ([output, weights] if return_attention_scores else output), backward

    def _projection(self, name: str) -> Layer:
        return self.children[f"{self.prefix}{name}_dense"]

    def _repeated(self, x: Array) -> Array:
        """Repeat each head of key or value for the queries of its group."""
        return x if self.groups == 1 else np.repeat(x, self.groups, axis=-2)

    def _summed(self, dx: Array) -> Array:
        """Add up the gradients of a head that was repeated."""
        return dx if self.groups == 1 else dx.reshape(*dx.shape[:-2], -1, self.groups, dx.shape[-1]).sum(axis=-2)

    def _along(self, rank: int) -> Along:
        """Return which axes of (batch, ..., heads, size) attend to each other: the one of time."""
        return Along((1,), rank)

    def _attend(
        self,
        heads: dict[str, Array],
        visible: Array | None,
        training: bool,
        rng: np.random.Generator | None,
        want_weights: bool,
    ) -> tuple[Array, Array | None, AttendBackward]:
        """Let (batch, ..., heads, size) look at each other; the weights are (batch, free axes, heads, Tq..., Tv...)."""
        query, key, value = heads["query"], heads["key"], heads["value"]
        if query.ndim == 4 and not want_weights and self.drop.rate == 0:  # where Keras leaves it to this function
            if visible is not None:
                visible = np.expand_dims(visible, tuple(range(visible.ndim - 2, 2)))
            mixed, plain_backward = dot_product_attention(query, key, value, mask=visible, scale=self.scale)
            return mixed, None, lambda dy, _: plain_backward(dy)[:3]
        factor = query.dtype.type(np.float32(self.scale))  # TensorFlow rounds it so, whatever the type
        drop = partial(self.drop.call_with_backward, training=training, rng=rng)
        repeated = self._repeated(key), self._repeated(value)
        mixed, weights, inner_backward = self._along(query.ndim).attend(query * factor, *repeated, visible, drop)

        def backward(dy: Array, d_weights: Array | None) -> tuple[Array, Array, Array]:
            d_query, d_key, d_value = inner_backward(dy, d_weights)
            return d_query * factor, self._summed(d_key), self._summed(d_value)

        return mixed, weights, backward


def same_lengths(value: Shape, key: Shape) -> None:
    """Raise `InputError` unless values and keys stand side by side."""
    if value[1:-1] != key[1:-1]:
        raise InputError(f"value and key must be equally long, got the shapes {value} and {key}")
