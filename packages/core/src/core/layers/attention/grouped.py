"""Grouped-query attention: several heads of the query share one head of key and value."""

from __future__ import annotations

from typing import Any, ClassVar

from core.arrays import Shape
from core.checks import integer
from core.errors import InputError
from core.layers.attention.heads import HeadedAttention, same_lengths
from core.layers.file_format import FileFormat


class GroupedQueryAttention(HeadedAttention):
    """y = output(heads of softmax(query . key / sqrt(head_dim)) . value), key and value repeated for each group.

    (batch, Tq, d), (batch, Tv, d) -> (batch, Tq, d); scores (batch, query heads, Tq, Tv). Children: _query_dense,
    _key_dense, _value_dense, _output_dense, with `use_gate` _gate_dense, each an `EinsumDense`.
    Source: Ainslie et al. 2023, https://arxiv.org/abs/2305.13245
    """

    file_format = FileFormat(name="GroupQueryAttention")
    prefix: ClassVar[str] = "_"

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
        sliding_window: int | None = None,
        flash_attention: object = None,
        use_gate: bool = False,
        seed: object = None,
        **common: Any,
    ) -> None:
        self.head_dim = integer(head_dim, "head_dim")
        self.num_query_heads = integer(num_query_heads, "num_query_heads")
        self.num_key_value_heads = integer(num_key_value_heads, "num_key_value_heads")
        if self.num_query_heads % self.num_key_value_heads:
            raise InputError(f"num_query_heads={num_query_heads} must be a multiple of {num_key_value_heads}")
        self.groups = self.num_query_heads // self.num_key_value_heads
        super().__init__(
            size=self.head_dim, dropout=dropout, use_bias=use_bias, sliding_window=sliding_window,
            flash_attention=flash_attention, use_gate=use_gate, seed=seed, **common,
        )  # fmt: skip

    def build(self, query: Shape, value: Shape, key: Shape | None = None, **others: Any) -> None:
        """Build the projections."""
        key = value if key is None else key
        if not len(query) == len(value) == len(key) == 3:
            raise InputError(f"expects sequences of vectors, got the shapes {query}, {value}, {key}")
        heads, few = (self.num_query_heads, self.head_dim), (self.num_key_value_heads, self.head_dim)
        self._project("_query_dense", "query", query, heads)
        self._project("_key_dense", "key", key, few)
        if self.use_gate:
            self._project("_gate_dense", "gate", query, heads, activation="sigmoid")
        self._project("_value_dense", "value", value, few)
        last = query[-1]
        if last is None:
            raise InputError("the size of the query's vectors must be known")
        self._add("_output_dense", "attention_output", "bquh,uhm->bqm", "m", (*query[:2], *heads), (last,))

    def compute_output_shape(
        self,
        query: Shape,
        value: Shape,
        key: Shape | None = None,
        *,
        return_attention_scores: bool = False,
        **others: Any,
    ) -> Any:
        """(batch, Tq, d) -> (batch, Tq, d), and the attention weights (batch, heads, Tq, Tv)."""
        same_lengths(value, value if key is None else key)
        scores = (query[0], self.num_query_heads, query[1], value[1])
        return [query, scores] if return_attention_scores else query


#: The name under which Keras exports and writes it.
GroupQueryAttention = GroupedQueryAttention
