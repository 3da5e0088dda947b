"""The input of a model: it holds no equation, only the shape and type of what comes in."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.checks import integer
from core.dtypes import policy
from core.errors import InputError
from core.layers.base import Layer
from core.layers.file_format import FileFormat


class InputLayer(Layer):
    """Receives an array of shape `batch_shape`, None where a size is free, and casts it to `dtype`.

    Source: https://keras.io/api/layers/core_layers/input/
    """

    file_format = FileFormat(omitted=frozenset({"trainable", "autocast"}))
    supports_masking = True
    autocast = False

    def __init__(
        self,
        batch_shape: Any = None,
        *,
        shape: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        optional: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if sparse or ragged or optional:
            raise InputError("sparse, ragged and optional inputs are not supported: give a dense array")
        if batch_shape is None and isinstance(shape, list | tuple):
            batch_shape = (None, *shape)
        if not isinstance(batch_shape, list | tuple) or not batch_shape:
            raise InputError(f"batch_shape must list the size of each axis, got {batch_shape!r}")
        self.batch_shape: Shape = tuple(
            None if size is None else integer(size, "batch_shape", minimum=0) for size in batch_shape
        )
        self.dtype = policy(common.get("dtype"))

    def compute_output_shape(self, *shapes: Any, **named_shapes: Any) -> Shape:
        """Return the declared shape."""
        return self.batch_shape

    def call(self, x: Array) -> Array:
        """Return x."""
        return x
