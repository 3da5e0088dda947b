"""What a user hands to a model becomes an array of the declared shape and type, or one clear error."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.errors import InputError
from core.graph.nodes import Ref, refs
from core.layers.input_layer import InputLayer
from core.nests import leaves


def check_inputs(x: Any, structure: Any, layers: dict[Ref, InputLayer], model: object) -> Any:
    """Return what the user gave as arrays of the shapes that the input layers declare, in the structure of the inputs.

    `structure` is one `Ref`, or a list or dict of them; `model` is named in errors. Raises `InputError`.
    """
    if isinstance(structure, dict):
        if not isinstance(x, dict) or set(x) != set(structure):
            got = sorted(map(str, x)) if isinstance(x, dict) else type(x).__name__
            raise InputError(f"{model} expects a dict of inputs with the keys {sorted(structure)}, got {got}")
        return {key: _fit_input(x[key], layers[ref]) for key, ref in structure.items()}
    if isinstance(structure, Ref):
        if isinstance(x, dict):
            x = _named(x, [layers[structure]], model)
        x = x[0] if isinstance(x, list | tuple) and len(x) == 1 and isinstance(x[0], np.ndarray) else x
        return _fit_input(x, layers[structure])
    wanted = [layers[ref] for ref in refs(structure)]
    if isinstance(x, dict):
        x = _named(x, wanted, model)
    if not isinstance(x, list | tuple) or len(x) != len(wanted):
        raise InputError(f"{model} expects {len(wanted)} inputs as a list, one array each")
    return [_fit_input(value, layer) for value, layer in zip(x, wanted, strict=True)]


def count_rows(inputs: Any, model: object) -> int:
    """Return the number of rows that all inputs have. Raises `InputError` where they differ."""
    counts = [len(leaf) for leaf in leaves(inputs)]
    if len(set(counts)) != 1:
        raise InputError(f"{model} expects as many rows of every input, got {', '.join(map(str, counts))}")
    return counts[0]


def cast_rows(inputs: Any, rows: slice, structure: Any, layers: dict[Ref, InputLayer]) -> Any:
    """Return some rows of inputs that `check_inputs` gave, in the types that the input layers declare. Raises `InputError`."""

    def cast(ref: Ref, array: Array) -> Array:
        return _cast_input(array[rows], layers[ref], rows.start or 0)

    if isinstance(structure, dict):
        return {key: cast(ref, inputs[key]) for key, ref in structure.items()}
    if isinstance(structure, Ref):
        return cast(structure, inputs)
    return [cast(ref, value) for ref, value in zip(structure, inputs, strict=True)]


def _named(x: dict[Any, Any], layers: list[InputLayer], model: object) -> list[Any]:
    """Return inputs that were given by the names of their layers as a list."""
    names = [layer.name for layer in layers]
    if set(x) != set(names):
        raise InputError(f"{model} expects its inputs by the names {names}, got {sorted(map(str, x))}")
    return [x[name] for name in names]


def _fit_input(x: Any, layer: InputLayer) -> Array:
    """Return `x` as an array of the rank and the sizes that `layer` declares; an array is not copied. Raises `InputError`."""
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


def _cast_input(array: Array, layer: InputLayer, first_row: int = 0) -> Array:
    """Return an array that fits `layer` in its type, and see that it holds no NaN and, for strings, nothing else.

    Errors name the row, counted from `first_row` on. Raises `InputError`.
    """
    if layer.dtype.compute == "string":
        return _texts(array, layer, first_row)
    _refuse_what_wraps(array, layer, first_row)
    array = array.astype(layer.dtype.compute_dtype, copy=False)
    _refuse_nan(array, layer, first_row)
    return array


def _refuse_what_wraps(array: Array, layer: InputLayer, first_row: int) -> None:
    """Raise `InputError` naming the first number that the layer's whole numbers cannot hold: a cast would give another."""
    target = layer.dtype.compute_dtype
    if target.kind not in "iu" or np.can_cast(array.dtype, target) or not array.size:
        return
    limits = np.iinfo(target)
    if array.dtype.kind == "f":  # the largest whole number may be none of this type; the one after it is a power of two
        held = (array > limits.min - 1.0) & (array < limits.max + 1.0)
    else:
        held = (array >= limits.min) & (array <= limits.max)
    if not held.all():
        outside = np.argwhere(~held)[0]
        raise InputError(
            f"{layer}: row {first_row + outside[0]} of the input holds {array[tuple(outside)]}, "
            f"which {target} cannot hold: it takes {limits.min} to {limits.max}"
        )


def _refuse_nan(array: Array, layer: InputLayer, first_row: int) -> None:
    """Raise `InputError` naming the first row that holds a NaN."""
    if array.dtype.kind == "f" and np.isnan(np.sum(array)):  # the sum is NaN for inf - inf too: look closer then
        rows = np.flatnonzero(np.isnan(array).any(axis=tuple(range(1, array.ndim))))
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
    for row, value in enumerate(array, first_row):
        wrong = [item for item in np.ravel(value) if not isinstance(item, str | bytes)]
        if wrong:
            raise InputError(f"{layer} expects strings, got {type(wrong[0]).__name__} ({wrong[0]!r}) in row {row}")
    return array
