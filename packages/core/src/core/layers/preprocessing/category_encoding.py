"""Category encoding turns ids into arrays of as many numbers as there are categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, one_of
from core.errors import InputError
from core.layers.base import Layer
from core.ops.encoding import MODES, encode, encoded_shape, merges_rows


class CategoryEncoding(Layer):
    """y = `encode` of the ids; ids of `num_tokens` and above say nothing.

    (batch, n) -> (batch, num_tokens) for "multi_hot" and "count", (batch, n, num_tokens) for "one_hot" (n > 1).
    Source: https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/
    """

    autocast = False

    def __init__(self, num_tokens: int, output_mode: str = "multi_hot", sparse: bool = False, **common: Any) -> None:
        super().__init__(**common)
        if flag(sparse, "sparse"):
            raise InputError("sparse outputs are not supported: take the dense one")
        self.num_tokens = integer(num_tokens, "num_tokens")
        self.output_mode = one_of("multi_hot" if output_mode == "binary" else output_mode, "output_mode", MODES)

    def compute_output_shape(self, input_shape: Shape, count_weights: Any = None) -> Shape:
        """Give the shape of the encoding."""
        return encoded_shape(input_shape, self.output_mode, self.num_tokens)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether a batch of single ids is encoded as one row."""
        return merges_rows(shapes, self.output_mode)

    def call(self, inputs: Array, count_weights: Array | None = None) -> Array:
        """Encode the ids; `count_weights`, of their shape, say how much each counts."""
        if count_weights is not None and self.output_mode != "count":
            raise InputError(f"{self}: count_weights need output_mode='count', it is {self.output_mode!r}")
        dtype = self.dtype.compute_dtype
        weights = None if count_weights is None else np.asarray(count_weights).astype(dtype)
        return encode(inputs, self.output_mode, self.num_tokens, dtype, weights)
