"""What a user hands to `predict`, seen as rows: one array, or several in a list or a dict, cut in parts without a copy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InputError


@dataclass(frozen=True)
class Rows:
    """The rows of one or several inputs; `several` says whether a list is a list of inputs or of rows."""

    inputs: Any
    several: bool

    @classmethod
    def of(cls, x: Any, several: bool) -> Rows:
        """Take arrays as they are (one on disk is read part by part), lists of numbers as arrays."""
        if isinstance(x, dict):
            return cls(
                {name: value if isinstance(value, np.ndarray) else np.asarray(value) for name, value in x.items()}, True
            )
        if several and not isinstance(x, list | tuple):
            raise InputError(f"expects several inputs as a list or a dict of arrays, got {type(x).__name__}")
        if not several and isinstance(x, list | tuple) and len(x) == 1 and isinstance(x[0], np.ndarray):
            x = x[0]
        return cls(x, several)

    def __len__(self) -> int:
        if isinstance(self.inputs, dict):
            return len(next(iter(self.inputs.values()), ()))
        return len(self.inputs[0] if self.several and len(self.inputs) else self.inputs)

    def part(self, rows: slice) -> Any:
        """Give some rows of every input, in the structure in which they came."""
        if isinstance(self.inputs, dict):
            return {name: value[rows] for name, value in self.inputs.items()}
        return [value[rows] for value in self.inputs] if self.several else self.inputs[rows]


def cut(rows: int, most: int, workers: int) -> Iterator[slice]:
    """Cut `rows` in parts of nearly one size, at most `most`: a multiple of `workers` many, where there is more than one."""
    parts = max(1, -(-rows // most))
    if parts > 1:
        parts = min(rows, -(-parts // workers) * workers)
    for part in range(parts):
        yield slice(rows * part // parts, rows * (part + 1) // parts)


def cut_exactly(rows: int, each: int) -> Iterator[slice]:
    """Cut `rows` in parts of `each`, the last one smaller."""
    for start in range(0, max(rows, 1), each):
        yield slice(start, min(start + each, rows))
