"""Discretization says in which of several intervals a number lies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from core.arrays import Array
from core.checks import integer, number
from core.errors import InputError, UnsupportedLayerError
from core.layers.file_format import FileFormat
from core.layers.preprocessing.categorical import CategoricalLayer


class Discretization(CategoricalLayer):
    """y = the number of boundaries that are <= x, int32 in the shape of x; or its encoding, as in `CategoryEncoding`.

    The boundaries stand in the config, whether they were given or learned.
    Source: https://keras.io/api/layers/preprocessing_layers/numerical/discretization/
    """

    file_format = FileFormat(omitted=frozenset({"trainable", "autocast"}))

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(output_mode, sparse, **common)
        if num_bins is not None:
            integer(num_bins, "num_bins")  # how many to learn
        number(epsilon, "epsilon")  # how exactly they were learned
        if not isinstance(bin_boundaries, list | tuple | np.ndarray):
            raise InputError(f"bin_boundaries must be a list of numbers, got {bin_boundaries!r}: adapt the layer first")
        # TensorFlow keeps them in single precision
        self.bin_boundaries = np.array([number(value, "bin_boundaries") for value in bin_boundaries], np.float32)
        if (np.diff(self.bin_boundaries) < 0).any():
            raise InputError(f"bin_boundaries must rise, got {list(bin_boundaries)[:10]}")

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer, whose boundaries the config must name."""
        if config.get("bin_boundaries") is None:
            raise UnsupportedLayerError(
                f"Discretization {config.get('name', '')!r} names no bin_boundaries: it was not adapted before saving"
            )
        return super().from_config(config)

    @property
    def depth(self) -> int:
        """One interval more than there are boundaries."""
        return len(self.bin_boundaries) + 1

    def call(self, inputs: Array) -> Array:
        """Find the interval of every number; NaN lies in the last one."""
        if inputs.dtype.kind == "f":
            inputs = inputs.astype(np.float32, copy=False)  # as Keras does, whatever type the layer has
        boundaries = self.bin_boundaries.astype(np.result_type(inputs, np.float32))
        dtype = np.dtype(np.int32) if self.output_mode == "int" else self.dtype.compute_dtype
        return self.encoded(np.searchsorted(boundaries, inputs, side="right"), dtype)
