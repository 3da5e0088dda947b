"""Which calls of an operation keep the rows of a batch apart: row i of y is a function of row i of the tensors alone.

A rule looks at the arguments by their names. Tensors are `Symbol`s whose axis 0 is the batch; everything else is a constant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import numpy as np

from core.layers.calls import Symbol
from core.nests import leaves

Arguments: TypeAlias = Mapping[str, Any]
RowRule: TypeAlias = Callable[[Arguments], bool]


def mixes_rows(given: Arguments) -> bool:
    """Return that rows are not kept apart."""
    del given
    return False


def tensors(given: Arguments) -> list[Symbol]:
    """Return the tensors."""
    return [leaf for leaf in leaves(list(given.values())) if isinstance(leaf, Symbol)]


def constants(given: Arguments) -> list[Any]:
    """Return the constant arrays."""
    return [leaf for leaf in leaves(list(given.values())) if isinstance(leaf, np.ndarray)]


def rank(given: Arguments) -> int:
    """Return the most axes of a tensor."""
    return max(tensor.ndim for tensor in tensors(given))


def elementwise(given: Arguments) -> bool:
    """Tensors of one rank meet row by row; a constant joins every row alike."""
    most = rank(given)
    return all(tensor.ndim == most for tensor in tensors(given)) and all(
        constant.ndim < most or (constant.ndim == most and constant.shape[0] == 1) for constant in constants(given)
    )


def names_rows(axis: Any, of_rank: int) -> bool:
    """Return whether `axis` (one, or several) is, or holds, the batch; None stands for all axes."""
    if axis is None:
        return True
    axes = axis if isinstance(axis, list | tuple) else [axis]
    return any(not isinstance(one, int) or one in {0, -of_rank} for one in axes)


def along_axis(given: Arguments) -> bool:
    """Work along axes other than the batch."""
    return elementwise(given) and not names_rows(given["axis"], rank(given))


def along_axis_of_tensors(given: Arguments) -> bool:
    """Work along such axes on tensors alone."""
    return along_axis(given) and not constants(given)


def of_axes(*names: str) -> RowRule:
    """Keep rows apart where none of the options `names` names the batch, for a single tensor."""

    def rule(given: Arguments) -> bool:
        return len(tensors(given)) == 1 and not any(names_rows(given[name], rank(given)) for name in names)

    return rule


def above_rank(least: int) -> RowRule:
    """Keep rows apart where a single tensor has more axes than `least`."""
    return lambda given: len(tensors(given)) == 1 and rank(given) > least


def only_first(given: Arguments) -> bool:
    """Keep rows apart where the first argument is the single tensor."""
    return len(tensors(given)) == 1 and isinstance(next(iter(given.values())), Symbol)
