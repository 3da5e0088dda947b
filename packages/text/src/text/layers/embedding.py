"""An embedding is a table: each token id picks a row."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, SparseRows


class Embedding(Layer):
    """y = embeddings[id]: (batch, ...) -> (batch, ..., output_dim); embeddings (input_dim, output_dim).

    With `mask_zero` the id 0 is padding and masked. As in Keras on the CPU, floats lose their fraction, an id below zero
    counts from the end (-1 is the last row), and an id outside the table is an error. Raises `InputError` with the row.
    Source: https://keras.io/api/layers/core_layers/embedding/
    """

    supports_masking = True
    autocast = False
    input_dtype = "int64"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        *,
        mask_zero: bool = False,
        weights: None = None,
        lora_rank: object = None,
        lora_alpha: object = None,
        quantization_config: None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if quantization_config is not None:
            raise InputError("quantization_config is not supported: save the float model")
        if weights is not None:
            raise InputError("weights must be None: they come from the file")
        del lora_rank, lora_alpha  # Keras adds the update of low rank to the table that it saves
        self.input_dim = integer(input_dim, "input_dim")
        self.output_dim = integer(output_dim, "output_dim")
        self.mask_zero = flag(mask_zero, "mask_zero")

    def build(self, input_shape: Shape) -> None:
        """Declare the table."""
        del input_shape
        self.declare("embeddings", (self.input_dim, self.output_dim))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, ...) -> (batch, ..., output_dim)."""
        return (*input_shape, self.output_dim)

    def compute_mask(self, inputs: Array, mask: Any) -> Array | None:
        """True where an id counts: where the input, as it came, is not zero."""
        del mask
        return np.not_equal(inputs, 0) if self.mask_zero else None

    def call_with_backward(self, inputs: Array) -> tuple[Array, Backward]:
        """Look up every id; the rows that were looked up take the gradient, ids have none."""
        ids = self.check_ids(inputs)

        def backward(dy: Array) -> tuple[None, Gradients]:
            rows = ids.ravel() % self.input_dim  # an id below zero counts from the end
            return None, self.gradients(embeddings=SparseRows(rows, dy.reshape(-1, self.output_dim), self.input_dim))

        return self.computing("embeddings")[ids], backward

    def check_ids(self, inputs: Array) -> Array:
        """Return the ids as whole numbers; one that is not in the table is an error."""
        if inputs.dtype.kind not in "fiub":
            raise InputError(f"{self} expects token ids, got an array of {inputs.dtype}")
        whole = np.trunc(inputs) if inputs.dtype.kind == "f" else inputs
        outside = ~((whole >= -self.input_dim) & (whole < self.input_dim))  # NaN is outside too
        if outside.any():
            position = np.argwhere(outside)[0]
            raise InputError(
                f"{self}: row {position[0]} holds the token id {inputs[tuple(position)]}, "
                f"but the table has the ids 0 to {self.input_dim - 1}"
            )
        return whole.astype(np.intp)
