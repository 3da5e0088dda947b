"""Rescaling brings pixels to the range that a network was trained with: 0 ... 255 to 0 ... 1, for instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.checks import one_of
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward

#: What an array in a file may hold.
_ARRAY_TYPES = ("float16", "float32", "float64", "int32", "int64", "uint8")


class Rescaling(Layer):
    """y = x * scale + offset, in the layer's own type; scale and offset are numbers, or one number for each channel.

    Source: https://keras.io/api/layers/preprocessing_layers/image_preprocessing/rescaling/
    """

    supports_masking = True

    def __init__(self, scale: Any, offset: Any = 0.0, **common: Any) -> None:
        super().__init__(**common)
        self.scale = _numbers(scale, "scale")
        self.offset = _numbers(offset, "offset")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The shape stays. Raises `InputError` where scale or offset have other axes or sizes."""
        for option, values in (("scale", self.scale), ("offset", self.offset)):
            along = zip(reversed(values.shape), reversed(input_shape), strict=False)
            if values.ndim > len(input_shape) or any(count not in {1, size or count} for count, size in along):
                raise InputError(
                    f"{option} has the shape {values.shape}, which does not fit an input {show_shape(input_shape)}"
                )
        return input_shape

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return the rescaled input; dx = scale * dy."""
        dtype = self.dtype.compute_dtype
        y = x.astype(dtype, copy=False) * self.scale.astype(dtype) + self.offset.astype(dtype)
        return y, lambda dy: (dy * self.scale.astype(dy.dtype), {})


def _numbers(value: Any, option: str) -> Array:
    """Read a number or a list of numbers, as float32: so TensorFlow does; an array, a dict in a file, has its own type."""
    dtype: Any = np.float32
    if isinstance(value, np.ndarray):
        dtype = value.dtype
    elif isinstance(value, Mapping):
        inner = value.get("config")
        if not isinstance(inner, Mapping):
            raise InputError(f"{option} must be a number or a list of numbers, got {str(value)[:100]}")
        value, dtype = inner.get("value"), one_of(inner.get("dtype"), f"the type of {option}", _ARRAY_TYPES)
    try:
        array = np.asarray(value, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"{option} must be a number or a list of numbers, got {str(value)[:100]}") from error
    if array.dtype.kind not in "fiu" or not np.isfinite(array).all():
        raise InputError(f"{option} must hold finite numbers, got {str(value)[:100]}")
    return array
