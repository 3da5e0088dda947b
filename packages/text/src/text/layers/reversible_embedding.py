"""A reversible embedding is a table that reads both ways: from ids to vectors, and from vectors to a score for each id."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, number
from core.dtypes import policy
from core.layers.gradients import Backward, Gradients
from text.layers.embedding import Embedding


class ReversibleEmbedding(Embedding):
    """y = embeddings[id]; with `reverse` y = x @ embeddings^T, or x @ reverse_embeddings where the two are not tied.

    (batch, ...) -> (batch, ..., output_dim); reversed (batch, ..., output_dim) -> (batch, ..., input_dim), limited to
    cap * tanh(y / cap) by `logit_soft_cap`. embeddings (input_dim, output_dim), reverse_embeddings its transpose's shape.
    Source: Press and Wolf 2016, https://arxiv.org/abs/1608.05859
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        tie_weights: bool = True,
        reverse_dtype: object = None,
        logit_soft_cap: float | None = None,
        **options: Any,
    ) -> None:
        super().__init__(input_dim, output_dim, **options)
        self.tie_weights = flag(tie_weights, "tie_weights")
        self.reverse_dtype = None if reverse_dtype is None else policy(reverse_dtype)
        self.logit_soft_cap = None if logit_soft_cap is None else number(logit_soft_cap, "logit_soft_cap", minimum=1e-9)
        self._rank: int | None = None

    def build(self, input_shape: Shape, reverse: bool = False) -> None:
        """Declare the table, or both."""
        super().build(input_shape)
        if not reverse:
            self._rank = len(input_shape)
        if not self.tie_weights:
            self.declare("reverse_embeddings", (self.output_dim, self.input_dim))

    def compute_output_shape(self, input_shape: Shape, reverse: bool = False) -> Shape:
        """(batch, ...) -> (batch, ..., output_dim), or the last axis by input_dim."""
        return (*input_shape[:-1], self.input_dim) if reverse else super().compute_output_shape(input_shape)

    def compute_mask(self, inputs: Array, mask: Any) -> Array | None:
        """True where an id is not zero; scores have no mask."""
        return super().compute_mask(inputs, mask) if inputs.ndim == self._rank else None

    def call_with_backward(self, inputs: Array, reverse: bool = False) -> tuple[Array, Backward]:
        """Look up ids, or score vectors: dz = dy * (1 - (y / cap)^2) or dy, dx = dz @ kernel^T, d kernel = x^T @ dz."""
        if not reverse:
            return super().call_with_backward(inputs)
        x, kernel = self._precise(inputs), self._kernel()
        y = self._capped(x @ kernel)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            cap = self.logit_soft_cap
            dz = dy if cap is None else dy * (1 - np.square(y / y.dtype.type(cap)))
            d_kernel = x.reshape(-1, x.shape[-1]).T @ dz.reshape(-1, dz.shape[-1])
            d_kernel = d_kernel.astype(self.dtype.compute_dtype, copy=False)
            found = {"embeddings": d_kernel.T} if self.tie_weights else {"reverse_embeddings": d_kernel}
            return (dz @ kernel.T).astype(inputs.dtype, copy=False), self.gradients(**found)

        return y, backward

    def _precise(self, x: Array) -> Array:
        """Return x in the type in which scores are summed."""
        return x.astype((self.reverse_dtype or self.dtype).compute_dtype, copy=False)

    def _kernel(self) -> Array:
        """Return what vectors are multiplied by, (output_dim, input_dim)."""
        return self._precise(
            self.computing("embeddings").T if self.tie_weights else self.computing("reverse_embeddings")
        )

    def _capped(self, logits: Array) -> Array:
        if self.logit_soft_cap is None:
            return logits
        cap = logits.dtype.type(self.logit_soft_cap)
        return np.tanh(logits / cap) * cap
