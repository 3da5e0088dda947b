"""Einstein's sum as a function in the graph, as `core.ops.einsum` has it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.keras_ops.operation import Call
from core.keras_ops.row import PLAIN, Row
from core.keras_ops.row_rules import Arguments
from core.keras_ops.shapes import broadcast_two
from core.layers.calls import Symbol
from core.layers.work import Work
from core.ops.einsum import einsum_gradient, equation_of, letters_of
from core.ops.promotion import together


def einsum(*operands: Array, subscripts: str) -> Array:
    """y = Einstein's sum over the letters that the output lacks."""
    return np.einsum(equation_of(subscripts), *together(*operands), optimize=True)


def _gradient(dy: Array, _: Array, *operands: Any, subscripts: str) -> list[Array]:
    return einsum_gradient(dy, operands, subscripts)


def _shape(call: Call) -> Shape:
    terms, output = letters_of(call.options["subscripts"], [len(shape) for shape in call.shapes])
    sizes: dict[str, int | None] = {}
    for term, shape in zip(terms, call.shapes, strict=True):
        for letter, size in zip(term, shape, strict=True):
            (sizes[letter],) = broadcast_two((sizes.get(letter, 1),), (size,))
    return tuple(sizes[letter] for letter in output)


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
    terms, output = letters_of(call.options["subscripts"], [len(shape) for shape in call.shapes])
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
