"""Operations on categories: one-hot rows, the bin of a number, membership. None has a slope."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import axis_of, integer
from core.errors import InputError
from core.keras_ops.operation import Call
from core.keras_ops.row import NN, SORTED, Row, flat
from core.keras_ops.row_rules import Arguments, names_rows, only_first, rank
from core.keras_ops.shapes import same
from core.layers.work import Work, numbers_in
from core.ops import encoding


def one_hot(x: Any, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False) -> Array:
    """Return a row with a 1 at position x and 0 elsewhere; all 0 for a position outside."""
    if sparse:
        raise InputError("sparse tensors are not supported")
    hot = encoding.one_hot(np.asarray(x).astype(np.int64), integer(num_classes, "num_classes"), dtype or np.float32)
    return np.moveaxis(hot, -1, axis)


def _one_hot_shape(call: Call) -> Shape:
    shape = list(call.shape)
    position = axis_of(call.options.get("axis", -1), "axis", rank=len(shape) + 1)
    shape.insert(position, integer(call.options["num_classes"], "num_classes"))
    return tuple(shape)


def _one_hot_rows(given: Arguments) -> bool:
    return not names_rows(given["axis"], rank(given) + 1)


def multi_hot(inputs: Any, num_classes: int, axis: int = -1, dtype: str | None = None, sparse: bool = False) -> Array:
    """Return a row with a 1 at each position that stands in the row of x."""
    hot = one_hot(inputs, num_classes, axis, dtype, sparse)
    return np.max(hot, axis=1 if np.ndim(inputs) > 1 else 0)


def _multi_hot_shape(call: Call) -> Shape:
    shape = _one_hot_shape(call)
    return (shape[0], *shape[2:]) if len(shape) > 2 else shape[1:]


def _work_of_multi_hot(call: Call, result: Any) -> Work:
    """One row for each value comes before the rows of one example are joined."""
    del result
    hot = numbers_in([call.shape]) * integer(call.options["num_classes"], "num_classes")
    return Work(hot, 4 * hot)


def digitize(x: Array, bins: Any) -> Array:
    """Return the number of the bin that each value falls in, int32."""
    return np.digitize(x, np.asarray(bins, dtype=np.float32)).astype(np.int32)


def is_in(x1: Array, x2: Any, assume_unique: bool = False, invert: bool = False) -> Array:
    """Return for each of x1 whether it stands in x2."""
    return np.isin(x1, x2, assume_unique=assume_unique, invert=invert)


def _work_of_is_in(call: Call, result: Any) -> Work:
    del result
    count = sum(int(np.prod(np.shape(getattr(leaf, "shape", leaf)))) for leaf in call.args) + numbers_in(call.shapes)
    return Work(count * SORTED * count.bit_length(), 32 * count)


def _multi_hot_rows(given: Arguments) -> bool:
    return rank(given) > 1 and given["axis"] == -1


ROWS = {
    "OneHot": Row(one_hot, _one_hot_shape, flat, _one_hot_rows, module=NN),
    "MultiHot": Row(multi_hot, _multi_hot_shape, flat, _multi_hot_rows, _work_of_multi_hot, NN),
    "Digitize": Row(digitize, same, flat, only_first),
    "IsIn": Row(is_in, same, flat, only_first, _work_of_is_in),
}
