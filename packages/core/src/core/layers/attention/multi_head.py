"""Multi-head attention: several attentions side by side, each in a projection of its own."""

from __future__ import annotations

from typing import Any

from core.arrays import Shape
from core.checks import axes_of, integer
from core.errors import InputError
from core.layers.attention.along import Along
from core.layers.attention.heads import HeadedAttention, same_lengths


class MultiHeadAttention(HeadedAttention):
    """y = output(concatenated heads of softmax(query . key / sqrt(key_dim)) . value).

    (batch, Tq, d), (batch, Tv, e), (batch, Tv, f) -> (batch, Tq, `output_shape` or d); attention weights (batch, heads, Tq, Tv).
    With `attention_axes` the sequences may have more axes than time, and attend along those. Children: query_dense,
    key_dense, value_dense, output_dense, with `use_gate` _gate_dense, each an `EinsumDense`.
    Source: Vaswani et al. 2017, https://arxiv.org/abs/1706.03762
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        sliding_window: int | None = None,
        flash_attention: object = None,
        use_gate: bool = False,
        seed: object = None,
        **common: Any,
    ) -> None:
        self.num_heads = integer(num_heads, "num_heads")
        self.key_dim = integer(key_dim, "key_dim")
        self.value_dim = self.key_dim if value_dim is None else integer(value_dim, "value_dim")
        super().__init__(
            size=self.key_dim, dropout=dropout, use_bias=use_bias, sliding_window=sliding_window,
            flash_attention=flash_attention, use_gate=use_gate, seed=seed, **common,
        )  # fmt: skip
        sizes = output_shape if isinstance(output_shape, list | tuple) else [output_shape] if output_shape else []
        self.output_sizes = tuple(integer(size, "output_shape") for size in sizes)
        self.attention_axes = attention_axes

    def build(self, query: Shape, value: Shape, key: Shape | None = None, **others: Any) -> None:
        """Build the projections."""
        key = value if key is None else key
        same_lengths(value, key)
        if not len(query) == len(value) == len(key) or len(query) < 3:
            raise InputError(f"expects sequences of vectors, got the shapes {query}, {value}, {key}")
        self._axes(len(query))
        last = self.output_sizes or query[-1:]
        if None in last:
            raise InputError("the size of the query's vectors must be known")
        self._project("query_dense", "query", query, (self.num_heads, self.key_dim))
        self._project("key_dense", "key", key, (self.num_heads, self.key_dim))
        if self.use_gate:
            self._project("_gate_dense", "gate", query, (self.num_heads, self.value_dim), activation="sigmoid")
        self._project("value_dense", "value", value, (self.num_heads, self.value_dim))
        letters = "abcdefghijklmnopqrstuvwxyz"
        kept, rest = letters[: len(query) - 1], letters[len(query) - 1 :]
        heads, made = rest[:2], rest[2 : 2 + len(last)]
        self._add(
            "output_dense", "attention_output", f"{kept}{heads},{heads}{made}->{kept}{made}", made,
            (*query[:-1], self.num_heads, self.value_dim), tuple(size or 0 for size in last),
        )  # fmt: skip

    def compute_output_shape(
        self,
        query: Shape,
        value: Shape,
        key: Shape | None = None,
        *,
        return_attention_scores: bool = False,
        **others: Any,
    ) -> Any:
        """Keep the shape of the query but for the last axis, and return that of the attention weights."""
        output = (*query[:-1], *(self.output_sizes or query[-1:]))
        if not return_attention_scores:
            return output
        axes = self._axes(len(query))
        free = [query[axis] for axis in range(1, len(query) - 1) if axis not in axes]
        return [output, (query[0], *free, self.num_heads, *(query[a] for a in axes), *(value[a] for a in axes))]

    def _along(self, rank: int) -> Along:
        """Return which axes of (batch, ..., heads, size) attend to each other."""
        return Along(self._axes(rank - 1), rank)

    def _axes(self, rank: int) -> tuple[int, ...]:
        """Return the axes that attend to each other: all between batch and features where none are named."""
        axes = tuple(range(1, rank - 1)) if self.attention_axes is None else self.attention_axes
        found = axes_of(axes, "attention_axes", rank=rank)
        if 0 in found or rank - 1 in found or not found:
            raise InputError(f"attention_axes must lie between batch and features, got {self.attention_axes!r}")
        return found
