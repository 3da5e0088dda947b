"""Operations that put arrays together or make them larger: side by side, on a pile, repeated, with a border."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import axis_of, integer
from core.errors import InputError
from core.keras_ops.moving import of_many, of_one
from core.keras_ops.operation import Call, ShapeRule
from core.keras_ops.row import Row
from core.keras_ops.row_rules import Arguments, RowRule, along_axis_of_tensors, names_rows, of_axes, rank
from core.layers.calls import Symbol
from core.layers.merging.concatenate import joined_shape
from core.nests import leaves
from core.ops.promotion import together


def concatenate(xs: Sequence[Array], axis: int = 0) -> Array:
    """Put side by side along an axis."""
    return np.concatenate(together(*xs), axis=axis)


def stack(x: Sequence[Array], axis: int = 0) -> Array:
    """Put on a pile: a new axis."""
    return np.stack(together(*x), axis=axis)


def append(x1: Array, x2: Array, axis: int | None = None) -> Array:
    """Put the second behind the first; without an axis, both in one row."""
    one, other = together(x1, x2)
    return np.append(one, other, axis=axis)


def _append_gradient(dy: Array, _: Array, x1: Any, x2: Any, axis: int | None = None) -> tuple[Array, ...]:
    """See `append`; the two are arguments of their own."""
    return tuple(of_many(lambda xs: append(xs[0], xs[1], axis))(dy, _, [x1, x2]))


def hstack(xs: Sequence[Array]) -> Array:
    """Put side by side along the second axis (the only one of rows)."""
    return np.hstack(together(*xs))


def vstack(xs: Sequence[Array]) -> Array:
    """Put side by side along the first axis."""
    return np.concatenate(together(*xs), axis=0)


def tile(x: Array, repeats: Any) -> Array:
    """Repeat the whole along each axis."""
    return np.tile(x, repeats)


def repeat(x: Array, repeats: Any, axis: int | None = None) -> Array:
    """Repeat each element along an axis; without one, of the row of all."""
    return np.repeat(x, repeats, axis)


def pad(x: Array, pad_width: Any, mode: str = "constant", constant_values: Any = None) -> Array:
    """Put a border round: of a constant, or of the mirrored content."""
    if mode not in {"constant", "reflect", "symmetric"}:
        raise InputError(f"mode must be constant, reflect or symmetric, got {mode!r}")
    width = _borders(pad_width, np.ndim(x))
    if mode != "constant":
        return np.pad(x, width, mode=mode)  # type: ignore[call-overload]
    return np.pad(x, width, constant_values=0 if constant_values is None else constant_values)


def _pad_gradient(
    dy: Array, _: Array, x: Array, pad_width: Any, mode: str = "constant", constant_values: Any = None
) -> Array:
    """A border of a constant has no position that it came from."""
    del constant_values
    return of_one(pad)(dy, _, x, pad_width, mode, **({"constant_values": x.size} if mode == "constant" else {}))


def _borders(pad_width: Any, rank: int) -> list[tuple[int, int]]:
    """Read the borders: one number or pair for all axes, or a pair for each."""
    given = pad_width if isinstance(pad_width, list | tuple) else [pad_width]
    if len(given) > max(rank, 2):
        raise InputError(f"pad_width must have a pair for each of {rank} axes, got {len(given)} parts")
    if given and not any(isinstance(part, list | tuple) for part in given):
        given = [given]
    pairs = []
    for part in given:
        first, last = (part * 2 if len(part) == 1 else part) if isinstance(part, list | tuple) else (part, part)
        pairs.append((integer(first, "pad_width", minimum=0), integer(last, "pad_width", minimum=0)))
    if len(pairs) == 1:
        pairs = pairs * rank
    if len(pairs) != rank:
        raise InputError(f"pad_width must have a pair for each of {rank} axes, got {pad_width!r}")
    return pairs


def _joined(axis: int | None) -> ShapeRule:
    """Join along a fixed axis, or along the one of the option."""

    def rule(call: Call) -> Shape:
        shapes = call.shapes
        return joined_shape(shapes, call.options.get("axis", 0) if axis is None else axis)

    return rule


def _piled(call: Call) -> Shape:
    shapes = [(1, *shape) for shape in call.shapes]
    count, *rest = joined_shape(shapes, 0)
    rest.insert(axis_of(call.options.get("axis", 0), "axis", rank=len(shapes[0])), count)
    return tuple(rest)


def _beside(call: Call) -> Shape:
    shapes = call.shapes
    return joined_shape(shapes, 0 if len(shapes[0]) == 1 else 1)


def _appended(call: Call) -> Shape:
    shapes = call.shapes
    axis = call.options.get("axis")
    return joined_shape(shapes, axis) if axis is not None else joined_shape([(known_size(s),) for s in shapes], 0)


def _tiled(call: Call) -> Shape:
    shape, times = call.shape, call.options["repeats"]
    if isinstance(times, list | tuple) and len(times) > 64:
        raise InputError(f"repeats must have a number for each axis, 64 at most, got {len(times)}")
    repeats = [integer(time, "repeats", minimum=0) for time in (times if isinstance(times, list | tuple) else [times])]
    rank = max(len(shape), len(repeats))
    sizes = (1,) * (rank - len(shape)) + shape
    return tuple(_times(*pair) for pair in zip(sizes, [1] * (rank - len(repeats)) + repeats, strict=True))


def _repeated(call: Call) -> Shape:
    shape, times, axis = call.shape, call.options["repeats"], call.options.get("axis")
    if axis is None:
        shape, axis = (known_size(shape),), 0
    axis = axis_of(axis, "axis", rank=len(shape))
    repeats = times if isinstance(times, list | tuple) else [times]
    checked = [integer(time, "repeats", minimum=0) for time in repeats]
    size = _times(shape[axis], checked[0]) if len(checked) == 1 else sum(checked)
    return (*shape[:axis], size, *shape[axis + 1 :])


def _times(size: int | None, count: int) -> int | None:
    return None if size is None else size * count


def _padded(call: Call) -> Shape:
    shape = call.shape
    borders = _borders(call.options["pad_width"], len(shape))
    return tuple(None if size is None else size + sum(pair) for size, pair in zip(shape, borders, strict=True))


def _joined_rows(name: str) -> RowRule:
    def rule(given: Arguments) -> bool:
        parts = list(leaves(given[name]))
        ranks = {part.ndim for part in parts if isinstance(part, Symbol)}
        return (
            all(isinstance(part, Symbol) for part in parts)
            and len(ranks) == 1
            and not names_rows(given["axis"], max(ranks) + (name == "x"))  # a stack has one axis more
        )

    return rule


def _padded_rows(given: Arguments) -> bool:
    """A pair for each axis, of which the batch has (0, 0)."""
    width = given["pad_width"]
    return (
        isinstance(width, list | tuple)
        and len(width) == rank(given) > 1
        and isinstance(width[0], list | tuple)
        and not any(width[0])
    )


def _tiled_rows(given: Arguments) -> bool:
    repeats = given["repeats"]
    return isinstance(repeats, list | tuple) and len(repeats) == rank(given) and repeats[0] == 1


def _beside_rows(given: Arguments) -> bool:
    return _joined_rows("xs")({**given, "axis": 1})


ROWS = {
    "Concatenate": Row(concatenate, _joined(None), of_many(concatenate), _joined_rows("xs")),
    "Stack": Row(stack, _piled, of_many(stack), _joined_rows("x")),
    "Append": Row(append, _appended, _append_gradient, along_axis_of_tensors),
    "Hstack": Row(hstack, _beside, of_many(hstack), _beside_rows),
    "Vstack": Row(vstack, _joined(0), of_many(vstack)),
    "Tile": Row(tile, _tiled, of_one(tile), _tiled_rows),
    "Repeat": Row(repeat, _repeated, of_one(repeat), of_axes("axis")),
    "Pad": Row(pad, _padded, _pad_gradient, _padded_rows),
}
