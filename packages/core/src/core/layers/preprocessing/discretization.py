"""Discretization says in which of several intervals a number lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number, one_of
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.ops.encoding import MODES, encode, encoded_shape, merges_rows


class Discretization(Layer):
    """y = the number of boundaries that are <= x, int32 in the shape of x; or its encoding, as in `CategoryEncoding`.

    The boundaries stand in the config, whether they were given or learned.
    Source: https://keras.io/api/layers/preprocessing_layers/numerical/discretization/
    """

    not_written = frozenset({"trainable", "autocast"})
    autocast = False

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if flag(sparse, "sparse"):
            raise InputError("sparse outputs are not supported: take the dense one")
        if num_bins is not None:
            integer(num_bins, "num_bins")  # how many to learn
        number(epsilon, "epsilon")  # how exactly they were learned
        if not isinstance(bin_boundaries, list | tuple | np.ndarray):
            raise InputError(f"bin_boundaries must be a list of numbers, got {bin_boundaries!r}: adapt the layer first")
        # TensorFlow keeps them in single precision
        self.bin_boundaries = np.array([number(value, "bin_boundaries") for value in bin_boundaries], np.float32)
        if (np.diff(self.bin_boundaries) < 0).any():
            raise InputError(f"bin_boundaries must rise, got {list(bin_boundaries)[:10]}")
        self.output_mode = one_of(output_mode, "output_mode", ("int", *MODES))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer; Keras 2 kept the boundaries that it learned where no config tells them."""
        if config.get("bin_boundaries") is None:
            raise UnsupportedLayerError(
                f"Discretization {config.get('name', '')!r} names no bin_boundaries: it was not adapted before saving"
            )
        return super().from_config(config)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays, or is that of the encoding."""
        if self.output_mode == "int":
            return input_shape
        return encoded_shape(input_shape, self.output_mode, len(self.bin_boundaries) + 1)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether a batch of single numbers is encoded as one row."""
        return merges_rows(shapes, self.output_mode)

    def call(self, inputs: Array) -> Array:
        """Find the interval of every number; NaN lies in the last one."""
        places = np.searchsorted(self.bin_boundaries.astype(np.result_type(inputs, np.float32)), inputs, side="right")
        if self.output_mode == "int":
            return places.astype(np.int32)
        return encode(places, self.output_mode, len(self.bin_boundaries) + 1, self.dtype.compute_dtype)
