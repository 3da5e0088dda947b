"""What the attention layers with heads share: projections as children, masks, and the attention of all heads at once."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError
from core.layer import Layer
from core.layers.activations.softmax import masked_softmax
from core.layers.attention.masks import causal, joined, of_sequences, window
from core.layers.dropout import Dropout
from core.layers.einsum_dense import EinsumDense
from core.operations.networks import dot_product_attention
from core.options import flag, integer, number


class HeadedAttention(Layer):
    """y = output(heads of softmax(query . key / sqrt(key_dim)) . value), from query, value and (else value) key.

    Places are masked by the masks of the sequences, `attention_mask` (batch, Tq, Tv), `use_causal_mask` and
    `sliding_window`. Flash attention is another way to the same numbers, and is accepted.
    """

    supports_masking = True
    shaping_arguments: ClassVar[tuple[str, ...]] = ("return_attention_scores",)

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
        self.dropout = number(dropout, "dropout", minimum=0.0, maximum=1.0)
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

    def _attend(
        self,
        heads: tuple[Array, Array, Array],
        visible: Array | None,
        training: bool,
        rng: np.random.Generator | None,
        want_scores: bool,
    ) -> tuple[Array, Array | None]:
        """Let (batch, length, heads, size) look at each other; the shares are (batch, heads, Tq, Tv)."""
        query, key, value = heads
        if visible is not None:
            visible = np.expand_dims(visible, tuple(range(visible.ndim - 2, 2)))
        if not want_scores and self.dropout == 0:
            return dot_product_attention(query, key, value, mask=visible, scale=self.scale), None
        query = query * query.dtype.type(np.float32(self.scale))  # TensorFlow rounds it so, whatever the type
        logits = np.swapaxes(query, 1, 2) @ key.transpose(0, 2, 3, 1)
        shares = masked_softmax(logits, (3,), visible)
        kept = Dropout(self.dropout, name=self.name).call(shares, training=training, rng=rng)
        return np.swapaxes(kept @ np.swapaxes(value, 1, 2), 1, 2), shares


def same_lengths(value: Shape, key: Shape) -> None:
    """Raise `InputError` unless values and keys stand side by side."""
    if value[1:-1] != key[1:-1]:
        raise InputError(f"value and key must be equally long, got the shapes {value} and {key}")
