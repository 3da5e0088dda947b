"""Dot-product attention: how much two places agree is the product of their vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from core.activations import softmax
from core.arrays import Array, Shape
from core.errors import InputError
from core.layer import Layer
from core.layers.attention.masks import causal, joined
from core.layers.dropout import Dropout
from core.layers.merging.merge import shapes_in
from core.options import flag, number, one_of

#: What Keras takes away from the score of a masked place.
_FAR = {"float16": 65504.0}
_FAR_ELSE = 1e9


class Attention(Layer):
    """y = softmax(score(query, key)) @ value; inputs [query, value] or [query, value, key], key = value where it lacks.

    (batch, Tq, d), (batch, Tv, e), (batch, Tv, d) -> (batch, Tq, e). The score is ``scale * query . key``, or with
    ``score_mode="concat"`` ``concat_score_weight * sum tanh(scale * (query + key))``; both parameters are single numbers.
    Source: Luong et al. 2015, https://arxiv.org/abs/1508.04025; https://keras.io/api/layers/attention_layers/attention/
    """

    supports_masking = True
    shaping_arguments: ClassVar[tuple[str, ...]] = ("return_attention_scores",)

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
        self.dropout = number(dropout, "dropout", minimum=0.0, maximum=1.0)
        self.seed = seed

    def build(self, input_shapes: Any, **others: Any) -> None:
        """Declare the parameters of the score."""
        self._shapes(input_shapes)
        if self.use_scale:
            self.declare("scale", ())
        if self.score_mode == "concat":
            self.declare("concat_score_weight", ())

    def compute_output_shape(self, input_shapes: Any, *, return_attention_scores: bool = False) -> Any:
        """(batch, Tq, d), (batch, Tv, e) -> (batch, Tq, e), and the shares (batch, Tq, Tv)."""
        query, value, key = self._shapes(input_shapes)
        output = (*query[:-1], value[-1])
        return [output, (*query[:-1], key[-2])] if return_attention_scores else output

    def call(
        self,
        inputs: Sequence[Array],
        mask: Any = None,
        return_attention_scores: bool = False,
        use_causal_mask: bool = False,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Any:
        """Return what each query takes from the values, and its shares where they are asked for."""
        query, value, key = inputs[0], inputs[1], inputs[2] if len(inputs) > 2 else inputs[1]
        query_mask, value_mask = (None, None) if mask is None else (mask[0], mask[1])
        scores = self.scores(query, key)
        visible = value_mask if value_mask is None else np.asarray(value_mask).astype(bool)[..., None, :]
        if use_causal_mask:
            visible = joined(visible, causal(*scores.shape[-2:]))
        if visible is not None:
            scores = np.where(visible, scores, scores - scores.dtype.type(_FAR.get(scores.dtype.name, _FAR_ELSE)))
        shares = softmax(scores)
        kept = Dropout(self.dropout, name=self.name).call(shares, training=training, rng=rng)
        output = kept @ value
        if query_mask is not None:
            output = np.where(np.asarray(query_mask).astype(bool)[..., None], output, output.dtype.type(0))
        return [output, kept] if return_attention_scores else output

    def scores(self, query: Array, key: Array) -> Array:
        """Say how much each query agrees with each key, (batch, Tq, Tv)."""
        if self.score_mode == "dot":
            products = query @ np.swapaxes(key, -1, -2)
            return products * self.computing("scale") if self.use_scale else products
        sums = query[..., :, None, :] + key[..., None, :, :]
        if self.use_scale:
            sums = self.computing("scale") * sums
        return self.computing("concat_score_weight") * np.sum(np.tanh(sums), axis=-1)

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
