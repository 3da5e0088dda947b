"""Which calls of an operation keep the rows of a batch apart: row i of y is a function of row i of the tensors alone.

A rule looks at the arguments by their names. Tensors are `Symbol`s whose axis 0 is the batch; everything else is a constant.
An operation without a rule counts as mixing rows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, TypeAlias

import numpy as np

from core.keras_ops import activation, arithmetic, conversion, elementwise
from core.keras_ops.operation import Call, Symbol
from core.keras_ops.products import equation_of
from core.layers.names import signature
from core.nests import leaves

Arguments: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Arguments], bool]


def row_rule(name: str) -> Callable[[Call], bool]:
    """Return the rule of an operation: whether a call of it keeps rows apart."""
    rule = _RULES.get(name)

    def keeps_rows(call: Call) -> bool:
        if rule is None:
            return False
        try:
            bound = signature(call.function).bind(*call.args, **call.options)
        except TypeError:  # an argument lacks; the call itself will say so
            return False
        bound.apply_defaults()
        return rule(bound.arguments)

    return keeps_rows


def _tensors(given: Arguments) -> list[Symbol]:
    return [leaf for leaf in leaves(list(given.values())) if isinstance(leaf, Symbol)]


def _constants(given: Arguments) -> list[Any]:
    return [leaf for leaf in leaves(list(given.values())) if isinstance(leaf, np.ndarray)]


def _rank(given: Arguments) -> int:
    return max(tensor.ndim for tensor in _tensors(given))


def _elementwise(given: Arguments) -> bool:
    """Tensors of one rank meet row by row; a constant joins every row alike."""
    rank = _rank(given)
    return all(tensor.ndim == rank for tensor in _tensors(given)) and all(
        constant.ndim < rank or (constant.ndim == rank and constant.shape[0] == 1) for constant in _constants(given)
    )


def _names_rows(axis: Any, rank: int) -> bool:
    """Return whether `axis` (one, or several) is, or holds, the batch; None stands for all axes."""
    if axis is None:
        return True
    axes = axis if isinstance(axis, list | tuple) else [axis]
    return any(not isinstance(one, int) or one in {0, -rank} for one in axes)


def _along_axis(given: Arguments) -> bool:
    """Work along axes other than the batch."""
    return _elementwise(given) and not _names_rows(given["axis"], _rank(given))


def _axes(*names: str) -> Rule:
    def rule(given: Arguments) -> bool:
        return len(_tensors(given)) == 1 and not any(_names_rows(given[name], _rank(given)) for name in names)

    return rule


def _rank_above(least: int) -> Rule:
    return lambda given: len(_tensors(given)) == 1 and _rank(given) > least


def _reshape(given: Arguments) -> bool:
    """The batch stays in front, and a row keeps its numbers."""
    shape, wanted = given["x"].shape, given["newshape"]
    row = shape[1:]
    if not isinstance(wanted, list | tuple) or len(wanted) < 1 or None in row or wanted[0] != -1:
        return False
    rest = wanted[1:]
    return all(isinstance(size, int) and size >= 0 for size in rest) and prod(rest) == prod(row)


def _transpose(given: Arguments) -> bool:
    axes = given["axes"]
    return isinstance(axes, list | tuple) and len(axes) > 0 and axes[0] in {0, -_rank(given)}


def _expand(given: Arguments) -> bool:
    axes = given["axis"] if isinstance(given["axis"], list | tuple) else [given["axis"]]
    return not _names_rows(axes, _rank(given) + len(axes))


def _get_item(given: Arguments) -> bool:
    """The first index takes all rows: ``x[:, ...]``, or ``x[..., i]`` that leaves the batch out."""
    key = given["key"] if isinstance(given["key"], list | tuple) else [given["key"]]
    if len(_tensors(given)) != 1 or not key:
        return False
    if key[0] is Ellipsis:
        return sum(part is not None for part in key[1:]) < _rank(given)
    return isinstance(key[0], slice) and key[0] == slice(None)


def _joins(name: str) -> Rule:
    def rule(given: Arguments) -> bool:
        parts = list(leaves(given[name]))
        ranks = {part.ndim for part in parts if isinstance(part, Symbol)}
        return (
            all(isinstance(part, Symbol) for part in parts)
            and len(ranks) == 1
            and not _names_rows(given["axis"], max(ranks) + (name == "x"))  # a stack has one axis more
        )

    return rule


def _matmul(given: Arguments) -> bool:
    """Rows times one matrix; or matrices of each row, the batch in front of both."""
    one, other = given["x1"], given["x2"]
    if isinstance(one, Symbol) and isinstance(other, Symbol):
        return one.ndim == other.ndim > 2
    if isinstance(one, Symbol):
        return one.ndim >= 2 and np.ndim(other) <= 2
    return np.ndim(one) <= 2 and other.ndim > 2


def _dot(given: Arguments) -> bool:
    one, other = given["x1"], given["x2"]
    return isinstance(one, Symbol) and not isinstance(other, Symbol) and one.ndim >= 2


def _tensordot(given: Arguments) -> bool:
    if not _dot(given):
        return False
    rank, axes = given["x1"].ndim, given["axes"]
    return axes < rank if isinstance(axes, int) else not _names_rows(axes[0], rank)


def _einsum(given: Arguments) -> bool:
    """One letter stands first in every tensor and in the output, and nowhere else."""
    left, arrow, right = equation_of(given["subscripts"]).partition("->")
    terms = left.split(",")
    operands = list(given["operands"])
    if not arrow or len(terms) != len(operands) or not right:
        return False
    rows = {term[:1] for term, operand in zip(terms, operands, strict=True) if isinstance(operand, Symbol)}
    letter = next(iter(rows), "")
    held = [
        term.count(letter) == (1 if isinstance(operand, Symbol) else 0)
        for term, operand in zip(terms, operands, strict=True)
    ]
    return len(rows) == 1 and letter.isalpha() and right.startswith(letter) and right.count(letter) == 1 and all(held)


def _take(given: Arguments) -> bool:
    """Take the same from every row, or rows of a constant table."""
    x, indices, axis = given["x"], given["indices"], given["axis"]
    if isinstance(x, Symbol) and isinstance(indices, Symbol):
        return False
    if isinstance(x, Symbol):
        return not _names_rows(axis, x.ndim)
    return axis == 0


def _take_along(given: Arguments) -> bool:
    return _along_axis(given) and not _constants(given)


def _pad(given: Arguments) -> bool:
    """A pair for each axis, of which the batch has (0, 0)."""
    width = given["pad_width"]
    return (
        isinstance(width, list | tuple)
        and len(width) == _rank(given) > 1
        and isinstance(width[0], list | tuple)
        and not any(width[0])
    )


def _tile(given: Arguments) -> bool:
    repeats = given["repeats"]
    return isinstance(repeats, list | tuple) and len(repeats) == _rank(given) and repeats[0] == 1


def _attention(given: Arguments) -> bool:
    return all(isinstance(given[name], Symbol) for name in ("query", "key", "value")) and not _constants(given)


def _one_hot(given: Arguments) -> bool:
    return not _names_rows(given["axis"], _rank(given) + 1)


def _only_first(given: Arguments) -> bool:
    return len(_tensors(given)) == 1 and isinstance(next(iter(given.values())), Symbol)


_RULES: dict[str, Rule] = (
    dict.fromkeys([*arithmetic.TABLE, *elementwise.TABLE, *conversion.TABLE, *activation.TABLE], _elementwise)
    | dict.fromkeys(["Softmax", "LogSoftmax", "Sparsemax", "Glu"], _along_axis)
    | dict.fromkeys(
        ["Sum", "Prod", "Mean", "Var", "Std", "Max", "Min", "Amax", "Amin", "Argmax", "Argmin"], _axes("axis")
    )
    | dict.fromkeys(["Any", "All", "CountNonzero", "Average", "Logsumexp", "Ptp", "Median"], _axes("axis"))
    | dict.fromkeys(
        ["Sort", "Argsort", "Cumsum", "Cumprod", "Diff", "Flip", "Squeeze", "Norm", "Normalize"], _axes("axis")
    )
    | dict.fromkeys(
        ["Split", "ArraySplit", "Unstack", "Roll", "Repeat", "BatchNorm", "LayerNorm", "RMSNorm"], _axes("axis")
    )
    | {"Concatenate": _joins("xs")}
    | {
        "Moments": _axes("axes"),
        "TopK": _rank_above(1),
        "Tril": _rank_above(2),
        "Triu": _rank_above(2),
        "Fliplr": _rank_above(1),
        "OneHot": _one_hot,
        "MultiHot": lambda given: _rank(given) > 1 and given["axis"] == -1,
        "Digitize": _only_first,
        "IsIn": _only_first,
        "Reshape": _reshape,
        "Transpose": _transpose,
        "ExpandDims": _expand,
        "Swapaxes": _axes("axis1", "axis2"),
        "Moveaxis": _axes("source", "destination"),
        "Diagonal": _axes("axis1", "axis2"),
        "Rot90": _axes("axes"),
        "GetItem": _get_item,
        "Stack": _joins("x"),
        "Hstack": lambda given: _joins("xs")({**given, "axis": 1}),
        "Append": _take_along,
        "Pad": _pad,
        "Tile": _tile,
        "Take": _take,
        "TakeAlongAxis": _take_along,
        "Matmul": _matmul,
        "Dot": _dot,
        "Tensordot": _tensordot,
        "Einsum": _einsum,
        "DotProductAttention": _attention,
        "SpaceToDepth": _rank_above(3),
        "DepthToSpace": _rank_above(3),
    }
)
