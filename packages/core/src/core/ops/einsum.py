"""Einstein's sum: the letters of the subscripts name axes, and those that the output lacks are summed over."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_letters
from typing import Any

import numpy as np

from core.arrays import Array
from core.errors import InputError, UnsupportedLayerError
from core.ops.broadcasting import unbroadcast

_SUBSCRIPTS = re.compile(r"[A-Za-z.]*(,[A-Za-z.]*)*(->[A-Za-z.]*)?")


def equation_of(subscripts: Any) -> str:
    """Return the subscripts without spaces. Raises `InputError` for anything else."""
    if not isinstance(subscripts, str) or not _SUBSCRIPTS.fullmatch(subscripts.replace(" ", "")):
        raise InputError(f"subscripts must look like 'ij,jk->ik', got {subscripts!r}")
    return subscripts.replace(" ", "")


def letters_of(subscripts: Any, ranks: Sequence[int]) -> tuple[list[str], str]:
    """Return the letters of each operand and of the output, with letters of their own for the dots.

    Raises `InputError` where they do not fit arrays of these ranks.
    """
    left, arrow, right = equation_of(subscripts).partition("->")
    terms = left.split(",")
    if len(terms) != len(ranks):
        raise InputError(f"subscripts name {len(terms)} arrays, got {len(ranks)}")
    if not arrow:
        once = sorted(letter for letter in set(left) - {",", "."} if left.count(letter) == 1)
        right = "..." * ("..." in left) + "".join(once)
    lengths = [rank - len(term.replace(".", "")) for term, rank in zip(terms, ranks, strict=True)]
    spare = "".join(letter for letter in ascii_letters if letter not in left)
    for term, rank, length in zip(terms, ranks, lengths, strict=True):
        if not 0 <= length <= ("..." in term) * len(spare):
            raise InputError(f"subscripts {term!r} do not fit an array with {rank} axes")
    dots = spare[: max(lengths)]
    terms = [term.replace("...", dots[len(dots) - length :]) for term, length in zip(terms, lengths, strict=True)]
    return terms, right.replace("...", dots)


def einsum_gradient(dy: Array, operands: Sequence[Any], subscripts: str) -> list[Array]:
    """Return the gradient of each operand: the same sum with dy in its position, its letters and those of the output exchanged.

    Raises `UnsupportedLayerError` for a diagonal, an operand that names an axis twice.
    """
    arrays = [np.asarray(operand) for operand in operands]
    terms, output = letters_of(subscripts, [x.ndim for x in arrays])
    return [_operand_gradient(position, terms, output, arrays, dy) for position in range(len(arrays))]


def _operand_gradient(position: int, terms: list[str], output: str, arrays: list[Array], dy: Array) -> Array:
    term, x = terms[position], arrays[position]
    if len(set(term)) != len(term):
        raise UnsupportedLayerError(f"the gradient of a diagonal, {term!r} in einsum, is not known")
    terms, arrays = ([*old[:position], new, *old[position + 1 :]] for old, new in ((terms, output), (arrays, dy)))
    known = set().union(*terms)
    summed = "".join(letter for letter in term if letter in known)  # a letter of this operand alone was summed over
    dx = np.einsum(f"{','.join(terms)}->{summed}", *arrays, optimize=True)
    sizes = iter(dx.shape)
    dx = dx.reshape([next(sizes) if letter in known else 1 for letter in term])
    return unbroadcast(np.broadcast_to(dx, np.broadcast_shapes(dx.shape, x.shape)), x.shape)
