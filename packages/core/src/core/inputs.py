"""What a user hands to a model becomes an array of the declared shape and type, or one clear error."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.errors import InputError
from core.layers.input_layer import InputLayer


def fit_input(x: Any, layer: InputLayer) -> Array:
    """Give `x` as an array of the rank and the sizes that `layer` declares; an array is not copied. Raises `InputError`."""
    texts = layer.dtype.compute == "string"
    try:
        # NumPy would turn a number among strings into a string, and cut all of them to one width.
        array = np.asarray(x, dtype=object) if texts and not isinstance(x, np.ndarray) else np.asarray(x)
    except ValueError as error:
        raise InputError(f"{layer} expects an array, got rows of different lengths: {error}") from error
    array = _adapt_rank(array, layer.batch_shape)
    if not _fits(array.shape, layer.batch_shape):
        raise InputError(f"{layer} expects an input of shape {show_shape(layer.batch_shape)}, got {array.shape}")
    if not texts and array.dtype.kind not in "fiub":
        raise InputError(f"{layer} expects numbers ({layer.dtype.compute}), got an array of {array.dtype}")
    return array


def cast_input(array: Array, layer: InputLayer, first_row: int = 0) -> Array:
    """Give an array that fits `layer` in its type, and see that it holds no NaN and, for strings, nothing else.

    Errors name the row, counted from `first_row` on. Raises `InputError`.
    """
    if layer.dtype.compute == "string":
        return _texts(array, layer, first_row)
    array = array.astype(layer.dtype.compute_dtype, copy=False)
    _refuse_nan(array, layer, first_row)
    return array


def _refuse_nan(array: Array, layer: InputLayer, first_row: int) -> None:
    """Raise `InputError` naming the first row that holds a NaN."""
    if array.dtype.kind == "f" and np.isnan(np.sum(array)):  # the sum is NaN for inf - inf too: look closer then
        rows = np.flatnonzero(np.isnan(array.reshape(len(array), -1)).any(axis=1))
        if rows.size:
            raise InputError(
                f"{layer}: row {first_row + rows[0]} of the input holds NaN "
                f"(as do {rows.size} of the {len(array)} rows read with it)"
            )


def _adapt_rank(array: Array, shape: Shape) -> Array:
    """Add or drop a last axis of size 1, as Keras does."""
    if array.ndim == len(shape) - 1 and shape[-1] == 1:
        return array[..., None]
    if array.ndim == len(shape) + 1 and array.shape[-1] == 1:
        return array[..., 0]
    return array


def _fits(actual: tuple[int, ...], declared: Shape) -> bool:
    """Compare all sizes but the batch: a model saved with a fixed batch takes any, in Keras too."""
    return len(actual) == len(declared) and all(
        wanted is None or size == wanted for size, wanted in zip(actual[1:], declared[1:], strict=True)
    )


def _texts(array: Array, layer: InputLayer, first_row: int) -> Array:
    if array.dtype.kind in "US":
        return array
    for row, value in enumerate(array.reshape(len(array), -1), first_row):
        wrong = [item for item in value if not isinstance(item, str | bytes)]
        if wrong:
            raise InputError(f"{layer} expects strings, got {type(wrong[0]).__name__} ({wrong[0]!r}) in row {row}")
    return array
