"""Einstein's sum: the letters of the subscripts name axes, and those that the output lacks are summed over."""

from __future__ import annotations

import math
import re
from string import ascii_letters
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.keras_ops.operation import Call
from core.keras_ops.row import PLAIN, Row
from core.keras_ops.row_rules import Arguments
from core.keras_ops.shapes import broadcast_two
from core.layers.calls import Symbol
from core.layers.work import Work
from core.ops.broadcasting import unbroadcast
from core.ops.promotion import together

_EINSUM = re.compile(r"[A-Za-z.]*(,[A-Za-z.]*)*(->[A-Za-z.]*)?")


def einsum(*operands: Array, subscripts: str) -> Array:
    """y = Einstein's sum over the letters that the output lacks."""
    return np.einsum(equation_of(subscripts), *together(*operands), optimize=True)


def equation_of(subscripts: Any) -> str:
    """Check that subscripts are such, and take out the spaces."""
    if not isinstance(subscripts, str) or not _EINSUM.fullmatch(subscripts.replace(" ", "")):
        raise InputError(f"subscripts must look like 'ij,jk->ik', got {subscripts!r}")
    return subscripts.replace(" ", "")


def _letters(subscripts: Any, ranks: list[int]) -> tuple[list[str], str]:
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


def _shape(call: Call) -> Shape:
    terms, output = _letters(call.options["subscripts"], [len(shape) for shape in call.shapes])
    sizes: dict[str, int | None] = {}
    for term, shape in zip(terms, call.shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            (sizes[letter],) = broadcast_two((sizes.get(letter, 1),), (size,))
    return tuple(sizes[letter] for letter in output)


def _gradient(dy: Array, _: Array, *operands: Any, subscripts: str) -> list[Array]:
    """The same notation with the terms of an operand and of the output exchanged."""
    arrays = [np.asarray(operand) for operand in operands]
    terms, output = _letters(subscripts, [x.ndim for x in arrays])
    return [_of_operand(position, terms, output, arrays, dy) for position in range(len(arrays))]


def _of_operand(position: int, terms: list[str], output: str, arrays: list[Array], dy: Array) -> Array:
    term, x = terms[position], arrays[position]
    if len(set(term)) != len(term):
        raise UnsupportedLayerError(f"the gradient of a diagonal, {term!r} in einsum, is not known")
    others = [number for number in range(len(terms)) if number != position]
    known = set(output).union(*(terms[number] for number in others))
    found = "".join(letter for letter in term if letter in known)  # a letter of this operand alone was summed over
    left = ",".join([output, *(terms[number] for number in others)])
    d_found = np.einsum(f"{left}->{found}", dy, *(arrays[number] for number in others), optimize=True)
    sizes = iter(d_found.shape)
    d_found = d_found.reshape([next(sizes) if letter in known else 1 for letter in term])
    larger = np.broadcast_shapes(d_found.shape, x.shape)
    return unbroadcast(np.broadcast_to(d_found, larger), x.shape)


def _keeps_rows(given: Arguments) -> bool:
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


def _work(call: Call, result: Any) -> Work:
    """Follow the contraction; a repeated letter of one term stands for a diagonal."""
    del result
    terms, output = _letters(call.options["subscripts"], [len(shape) for shape in call.shapes])
    sizes: dict[str, int] = {}
    for term, shape in zip(terms, call.shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), int(size or 0))
    return _work_of_steps(["".join(dict.fromkeys(term)) for term in terms], output, sizes)


def _work_of_steps(terms: list[str], result: str, sizes: dict[str, int]) -> Work:
    """Return the work of contracting `terms` pair by pair, in the order that NumPy chooses.

    What one step makes is kept until a later one takes it; a step that sums over no product is not for BLAS.
    """
    stand_ins = [np.broadcast_to(np.zeros((), np.float32), [sizes[letter] for letter in term]) for term in terms]
    path, _ = np.einsum_path(",".join(terms) + "->" + result, *stand_ins, optimize="greedy")
    left, work = list(terms), Work()
    for step in path[1:]:
        taken = [left.pop(position) for position in sorted(step, reverse=True)]
        letters = set().union(*taken)
        needed = set(result).union(*left)
        made = "".join(sorted(letters & needed))
        summed = letters - needed
        product = math.prod(sizes[letter] for letter in letters)
        by_blas = len(taken) == 2 and bool(summed)
        bytes_made = 8 * math.prod(sizes[letter] for letter in made)
        work = Work(work.operations + product * (1 if by_blas else PLAIN), work.workspace + bytes_made)
        left.append(made)
    return work


ROWS = {"Einsum": Row(einsum, _shape, _gradient, _keeps_rows, _work)}
