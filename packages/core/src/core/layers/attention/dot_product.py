"""Dot-product attention: how much two positions agree is the product of their vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, number, one_of
from core.errors import InputError
from core.layers.attention.masks import causal, joined
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.layers.merging.merge import shapes_in
from core.layers.regularization.dropout import Dropout
from core.layers.work import Work
from core.ops.activations import softmax, softmax_gradient

#: What Keras takes away from the score of a masked position.
_FAR = {"float16": 65504.0}
_FAR_ELSE = 1e9

#: From the gradient of the scores to those of query, key and parameters.
ScoresBackward: TypeAlias = Callable[[Array], tuple[Array, Array, Gradients]]


class Attention(Layer):
    """y = softmax(score(query, key)) @ value; inputs [query, value] or [query, value, key], key = value where it lacks.

    (batch, Tq, d), (batch, Tv, e), (batch, Tv, d) -> (batch, Tq, e). The score is ``scale * query . key``, or with
    ``score_mode="concat"`` ``concat_score_weight * sum tanh(scale * (query + key))``; both parameters are single numbers.
    Source: Luong et al. 2015, https://arxiv.org/abs/1508.04025; https://keras.io/api/layers/attention_layers/attention/
    """

    supports_masking = True

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: object = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        self.use_scale = flag(use_scale, "use_scale")
        self.score_mode = one_of(score_mode, "score_mode", ("dot", "concat"))
        self.drop = Dropout(number(dropout, "dropout", minimum=0.0, maximum=1.0), name=self.name)
        self.seed = seed

    def build(self, input_shapes: Any, **others: Any) -> None:
        """Declare the parameters of the score."""
        self._shapes(input_shapes)
        if self.use_scale:
            self.declare("scale", ())
        if self.score_mode == "concat":
            self.declare("concat_score_weight", ())

    def compute_output_shape(self, input_shapes: Any, *, return_attention_scores: bool = False) -> Any:
        """(batch, Tq, d), (batch, Tv, e) -> (batch, Tq, e), and the attention weights (batch, Tq, Tv)."""
        query, value, key = self._shapes(input_shapes)
        output = (*query[:-1], value[-1])
        return [output, (*query[:-1], key[-2])] if return_attention_scores else output

    def call_with_backward(
        self,
        inputs: Sequence[Array],
        mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
    ) -> tuple[Any, Backward]:
        """Return what each query takes from the values, and its attention weights where they are asked for.

        d value = weights^T @ dy, d weights = dy @ value^T, d scores = weights * (d weights - sum of weights * d weights).
        """
        query, value, key = inputs[0], inputs[1], inputs[-1]
        query_mask, value_mask = (None, None) if mask is None else (mask[0], mask[1])
        scores, scores_backward = self.scores(query, key)
        weights = softmax(_far_where_masked(scores, value_mask, use_causal_mask))
        del scores  # as large as the weights
        kept, drop_backward = self.drop.call_with_backward(weights, training=training, rng=rng)

        def backward(dy: Any) -> tuple[list[Array], Gradients]:
            d_output, d_kept = dy if return_attention_scores else (dy, 0)
            d_output = _of_queries(d_output, query_mask)
            d_weights, _ = drop_backward(d_output @ np.swapaxes(value, -1, -2) + d_kept)
            d_query, d_key, gradients = scores_backward(softmax_gradient(d_weights, weights))
            d_value = np.swapaxes(kept, -1, -2) @ d_output
            found = [d_query, d_value, d_key] if len(inputs) > 2 else [d_query, d_value + d_key]
            return found, gradients

        output = _of_queries(kept @ value, query_mask)
        return ([output, kept] if return_attention_scores else output), backward

    def scores(self, query: Array, key: Array) -> tuple[Array, ScoresBackward]:
        """Return how much each query agrees with each key, (batch, Tq, Tv)."""
        return (self._products if self.score_mode == "dot" else self._sums)(query, key)

    def _products(self, query: Array, key: Array) -> tuple[Array, ScoresBackward]:
        """d query = scale * d scores @ key, d key = scale * d scores^T @ query, d scale = sum of d scores * query . key."""
        scale = self.computing("scale") if self.use_scale else query.dtype.type(1)
        scores = query @ np.swapaxes(key, -1, -2)
        if self.use_scale:
            scores = scores * scale

        def backward(d_scores: Array) -> tuple[Array, Array, Gradients]:
            d_products, found = d_scores * scale, {}
            if self.use_scale:
                found = self.gradients(scale=np.asarray(np.sum(d_scores * (query @ np.swapaxes(key, -1, -2)))))
            return d_products @ key, np.swapaxes(d_products, -1, -2) @ query, found

        return scores, backward

    def _sums(self, query: Array, key: Array) -> tuple[Array, ScoresBackward]:
        """With t = tanh(scale * (query + key)): d (query + key) = scale * weight * (1 - t^2) * d scores."""
        scale = self.computing("scale") if self.use_scale else query.dtype.type(1)
        weight = self.computing("concat_score_weight")
        sums = sums_of_pairs(query, key)
        t = np.tanh(scale * sums if self.use_scale else sums)
        del sums  # as large as t
        totals = np.sum(t, axis=-1)

        def backward(d_scores: Array) -> tuple[Array, Array, Gradients]:
            d_scaled = (d_scores * weight)[..., None] * (1 - t * t)
            found = self.gradients(concat_score_weight=np.asarray(np.sum(d_scores * totals)))
            if self.use_scale:
                found |= self.gradients(scale=np.asarray(np.sum(d_scaled * sums_of_pairs(query, key))))
            return *each_of_pairs(d_scaled * scale), found

        return weight * totals, backward

    def work(self, input_shapes: Any, **others: Any) -> Work:
        """Every query meets every key, with ``score_mode="concat"`` number by number."""
        query, value, key = self._shapes(input_shapes)
        pairs = math.prod(size or 0 for size in query[:-1]) * (value[-2] or 0)
        size = (query[-1] or 0) + (value[-1] or 0)
        sums = pairs * max(query[-1] or 0, key[-1] or 0) if self.meets_by_numbers else 0
        inside = (6 * pairs + 3 * sums) * max(4, self.number_bytes) + (query[-2] or 0) * (value[-2] or 0)
        return Work(pairs * (size + 8) + 4 * sums, inside)

    @property
    def meets_by_numbers(self) -> bool:
        """Whether the score of a pair comes from each number of its two vectors, all written down at once."""
        return self.score_mode == "concat"

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """The mask of the queries."""
        del inputs
        return None if mask is None else mask[0]

    def _shapes(self, input_shapes: Any) -> tuple[Shape, Shape, Shape]:
        shapes = shapes_in(input_shapes)
        if len(shapes) not in (2, 3):
            raise InputError(f"expects [query, value] or [query, value, key], got {len(shapes)} tensors")
        if any(len(shape) < 2 for shape in shapes):
            raise InputError(f"expects sequences of vectors, got the shapes {shapes}")
        return shapes[0], shapes[1], shapes[-1]


def sums_of_pairs(query: Array, key: Array) -> Array:
    """Add each query to each key: (batch, Tq, d), (batch, Tv, d) -> (batch, Tq, Tv, d)."""
    return query[..., :, None, :] + key[..., None, :, :]


def each_of_pairs(d_sums: Array) -> tuple[Array, Array]:
    """Return the gradients of queries and keys: each is part of a row, or a column, of `sums_of_pairs`."""
    return d_sums.sum(axis=-2), d_sums.sum(axis=-3)


def _far_where_masked(scores: Array, value_mask: Any, causal_too: bool) -> Array:
    """Take so much away from the score of what a query may not look at that its attention weight is 0."""
    visible = None if value_mask is None else np.asarray(value_mask).astype(bool)[..., None, :]
    if causal_too:
        visible = joined(visible, causal(*scores.shape[-2:]))
    if visible is None:
        return scores
    return np.where(visible, scores, scores - scores.dtype.type(_FAR.get(scores.dtype.name, _FAR_ELSE)))


def _of_queries(output: Array, query_mask: Any) -> Array:
    """Zero where the query is masked."""
    if query_mask is None:
        return output
    return np.where(np.asarray(query_mask).astype(bool)[..., None], output, output.dtype.type(0))
