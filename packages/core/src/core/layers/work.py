"""What a call of a layer costs, known from the shapes of its inputs before it runs: operations, and memory inside."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

#: What Python and NumPy spend on one call of a function, in operations: a loop over time makes some for each step.
CALL = 10_000


class Work(NamedTuple):
    """Operations (a multiplication with its addition, or one number written or read), and bytes beside input and output.

    `backward` are the operations of the gradient where they are more than twice those forward; `where` names the layer
    inside that does most of it.
    """

    operations: int = 0
    workspace: int = 0
    backward: int = 0
    where: str = ""

    def times(self, count: int, calls: int) -> Work:
        """Return the work of `count` calls one after the other, with `calls` calls of NumPy around each."""
        each = self.operations + calls * CALL
        return Work(count * each, self.workspace, count * self.backward, self.where)

    def then(self, other: Work) -> Work:
        """Return the work of both, one after the other."""
        operations, backward = self.operations + other.operations, self.backward + other.backward
        where = max(self, other).where
        return Work(operations, max(self.workspace, other.workspace), backward, where)

    def plus(self, operations: int = 0, workspace: int = 0) -> Work:
        """Return this work and more of it."""
        return self._replace(operations=self.operations + operations, workspace=self.workspace + workspace)


def shapes_in(nest: Any) -> Iterator[tuple[int, ...]]:
    """Go through the shapes in nested lists, tuples and dicts of shapes."""
    if isinstance(nest, dict):
        for value in nest.values():
            yield from shapes_in(value)
    elif isinstance(nest, tuple) and all(isinstance(size, int) for size in nest):
        yield nest
    elif isinstance(nest, list | tuple):
        for value in nest:
            yield from shapes_in(value)


def numbers_in(nest: Any) -> int:
    """Count the numbers in all tensors of a nest of shapes."""
    return sum(map(math.prod, shapes_in(nest)))


def rows_of(nest: Any) -> int:
    """Count the rows of the first tensor in a nest of shapes."""
    first = next(shapes_in(nest), (1,))
    return first[0] if first else 1
