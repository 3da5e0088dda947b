"""What the costly raw operations need beyond reading and writing each number once: products, sorting, one-hot rows."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.checks import axis_of, integer
from core.keras_ops.operation import Call, WorkRule
from core.keras_ops.products import equation_of
from core.layers.work import Work, numbers_in

#: A number that is not summed by BLAS costs so many that are.
_PLAIN = 8
#: What sorting costs a number for each doubling of their count.
_SORTED = 8


def _product(axis: int) -> WorkRule:
    """Each number of the output sums over one axis of the first argument."""

    def rule(call: Call, result: Any) -> Work:
        first = call.shapes[0]
        return Work(numbers_in([result]) * (int(first[axis] or 0) if first else 1))

    return rule


def _vdot(call: Call, result: Any) -> Work:
    del result
    return Work(numbers_in(call.shapes))


def _tensordot(call: Call, result: Any) -> Work:
    one, other = call.shapes
    whole = numbers_in([one]) * numbers_in([other])
    return Work(math.isqrt(whole * numbers_in([result])))  # outer * summed * outer, once each


def einsum_steps(terms: list[str], result: str, sizes: dict[str, int]) -> Work:
    """Return the work of contracting `terms` pair by pair, in the order that NumPy chooses.

    What one step makes is kept until a later one takes it; a step that sums over no product is not for BLAS.
    """
    stand_ins = [np.broadcast_to(np.zeros((), np.float32), [sizes[letter] for letter in term]) for term in terms]
    path, _ = np.einsum_path(",".join(terms) + "->" + result, *stand_ins, optimize="greedy")
    left, work = list(terms), Work()
    for step in path[1:]:
        taken = [left.pop(place) for place in sorted(step, reverse=True)]
        letters = set().union(*taken)
        needed = set(result).union(*left)
        made = "".join(sorted(letters & needed))
        summed = letters - needed
        product = math.prod(sizes[letter] for letter in letters)
        by_blas = len(taken) == 2 and bool(summed)
        bytes_made = 8 * math.prod(sizes[letter] for letter in made)
        work = Work(work.operations + product * (1 if by_blas else _PLAIN), work.workspace + bytes_made)
        left.append(made)
    return work


def _einsum(call: Call, result: Any) -> Work:
    """Follow the contraction; an ellipsis stands for letters of its own, a repeated letter for a diagonal."""
    del result
    left, arrow, right = equation_of(call.options["subscripts"]).partition("->")
    spare = iter(chr(code) for code in range(0x4E00, 0x9FFF))  # no letter of an equation
    extra = [next(spare) for _ in range(max(len(shape) for shape in call.shapes))]
    sizes: dict[str, int] = {}
    terms = []
    for term, shape in zip(left.split(","), call.shapes, strict=True):
        bare = term.replace(".", "")
        dots = "".join(extra[: len(shape) - len(bare)])[::-1] if "." in term else ""
        whole = term.replace("...", dots)
        for letter, size in zip(whole, shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), int(size or 0))
        terms.append(whole)
    if not arrow:
        right = "..." * ("." in left) + "".join(sorted({a for a in left if a.isalpha() and left.count(a) == 1}))
    most = max((term for term in terms), key=lambda term: sum(letter in extra for letter in term))
    dots = "".join(letter for letter in most if letter in extra)
    names = {letter: chr(97 + number) if number < 26 else chr(65 + number - 26) for number, letter in enumerate(sizes)}
    plain = {names[letter]: size for letter, size in sizes.items()}
    renamed = ["".join(dict.fromkeys(names[letter] for letter in term)) for term in terms]
    return einsum_steps(renamed, "".join(names[letter] for letter in right.replace("...", dots)), plain)


def _attention(call: Call, result: Any) -> Work:
    """Every query meets every key: scores, their softmax and their masks, as large as all pairs."""
    named = dict(zip(("query", "key", "value"), call.args, strict=False)) | call.options
    batch, queries, heads, size = (int(axis or 0) for axis in named["query"].shape)
    pairs = batch * heads * queries * int(named["key"].shape[1] or 0)
    return Work(pairs * (2 * size + 8), pairs * 16 + numbers_in([result]) * 4)


def _sorting(call: Call, result: Any) -> Work:
    del result
    count = numbers_in(call.shapes)
    return Work(count * _SORTED * count.bit_length(), 16 * count)


def _multi_hot(call: Call, result: Any) -> Work:
    """One row for each value comes before the rows of one example are joined."""
    del result
    hot = numbers_in([call.shape]) * integer(call.options["num_classes"], "num_classes")
    return Work(hot, 4 * hot)


def _difference(call: Call, result: Any) -> Work:
    del result
    return Work(numbers_in([call.shape]) * integer(call.options.get("n", 1), "n", minimum=0))


def _is_in(call: Call, result: Any) -> Work:
    del result
    count = sum(int(np.prod(np.shape(getattr(leaf, "shape", leaf)))) for leaf in call.args) + numbers_in(call.shapes)
    return Work(count * _SORTED * count.bit_length(), 32 * count)


def _normalized(call: Call, result: Any) -> Work:
    del result
    axis = call.options.get("axis")
    order = call.options.get("ord")
    if not isinstance(axis, list | tuple) or len(axis) != 2 or order not in (2, -2, "nuc"):
        return Work()
    shape = call.shape
    sides = [int(shape[axis_of(place, "axis", rank=len(shape))] or 0) for place in axis]
    return Work(numbers_in([shape]) * min(sides) * _PLAIN)  # singular values


WORK: dict[str, WorkRule] = {
    "Matmul": _product(-1),
    "Dot": _product(-1),
    "Inner": _product(-1),
    "Vdot": _vdot,
    "Tensordot": _tensordot,
    "Einsum": _einsum,
    "DotProductAttention": _attention,
    "Norm": _normalized,
    "Diff": _difference,
    "MultiHot": _multi_hot,
    "IsIn": _is_in,
    **dict.fromkeys(("Sort", "Argsort", "TopK", "Median", "Sparsemax"), _sorting),
}
