"""Additive attention: how much two positions agree is a weighted sum of tanh of their sum."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.layers.attention.dot_product import Attention, ScoresBackward, each_of_pairs, sums_of_pairs
from core.layers.gradients import Gradients


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

    @property
    def meets_by_numbers(self) -> bool:
        """Always."""
        return True

    def scores(self, query: Array, key: Array) -> tuple[Array, ScoresBackward]:
        """With t = tanh(query + key): d (query + key) = scale * (1 - t^2) * d scores, d scale = sum of t * d scores."""
        scale = self.computing("scale") if self.use_scale else query.dtype.type(1)
        t = np.tanh(sums_of_pairs(query, key))

        def backward(d_scores: Array) -> tuple[Array, Array, Gradients]:
            spread = d_scores[..., None]
            found = self.gradients(scale=np.sum(spread * t, axis=(0, 1, 2))) if self.use_scale else {}
            return *each_of_pairs(spread * scale * (1 - t * t)), found

        return np.sum(scale * t if self.use_scale else t, axis=-1), backward
