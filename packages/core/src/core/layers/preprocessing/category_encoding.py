"""Category encoding turns ids into arrays of as many numbers as there are categories."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import integer
from core.errors import InputError
from core.layers.preprocessing.categorical import CategoricalLayer
from core.ops.encoding import MODES


class CategoryEncoding(CategoricalLayer):
    """y = `encode` of the ids; ids of `num_tokens` and above say nothing.

    (batch, n) -> (batch, num_tokens) for "multi_hot" and "count", (batch, n, num_tokens) for "one_hot" (n > 1).
    Source: https://keras.io/api/layers/preprocessing_layers/categorical/category_encoding/
    """

    modes = MODES

    def __init__(self, num_tokens: int, output_mode: str = "multi_hot", sparse: bool = False, **common: Any) -> None:
        super().__init__(output_mode, sparse, **common)
        self.num_tokens = integer(num_tokens, "num_tokens")

    @property
    def depth(self) -> int:
        """As many as there are categories."""
        return self.num_tokens

    def call(self, inputs: Array, count_weights: Array | None = None) -> Array:
        """Encode the ids; `count_weights`, of their shape, say how much each counts."""
        if count_weights is not None and self.output_mode != "count":
            raise InputError(f"{self}: count_weights need output_mode='count', it is {self.output_mode!r}")
        dtype = self.dtype.compute_dtype
        return self.encoded(inputs, dtype, None if count_weights is None else np.asarray(count_weights).astype(dtype))
