"""Additive attention: how much two places agree is a weighted sum of tanh of their sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.layers.attention.dot_product import Attention


class AdditiveAttention(Attention):
    """y = softmax(sum of scale * tanh(query + key)) @ value; scale (d,) where `use_scale`, else 1.

    (batch, Tq, d), (batch, Tv, e), (batch, Tv, d) -> (batch, Tq, e).
    Source: Bahdanau et al. 2014, https://arxiv.org/abs/1409.0473
    """

    def __init__(self, use_scale: bool = True, dropout: float = 0.0, seed: object = None, **common: Any) -> None:
        super().__init__(use_scale=use_scale, dropout=dropout, seed=seed, **common)

    def build(self, input_shapes: Any, **others: Any) -> None:
        """Declare the scale."""
        query, _, _ = self._shapes(input_shapes)
        if self.use_scale:
            self.declare("scale", (query[-1],))

    def scores(self, query: Array, key: Array) -> Array:
        """Say how much each query agrees with each key, (batch, Tq, Tv)."""
        agreement = np.tanh(query[..., :, None, :] + key[..., None, :, :])
        return np.sum(self.computing("scale") * agreement if self.use_scale else agreement, axis=-1)
