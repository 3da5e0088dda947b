"""Buffers are taken once and used again: a tile that is still in the cache is worth more than a fresh one.

While a program is bound, each step takes what it needs and gives back what the next step may overwrite. When it runs,
nothing is allocated.
"""

from __future__ import annotations

import math

import numpy as np

from core.arrays import Array


class Workspace:
    """Blocks of float32 numbers, lent while a program is bound."""

    def __init__(self) -> None:
        self._blocks: list[Array] = []
        self._free: list[Array] = []
        self._lent: dict[int, Array] = {}
        self._kept: list[Array] = []
        self._left: list[Array] = []
        self.bytes = 0

    def take(self, shape: tuple[int, ...]) -> Array:
        """Lend an array of `shape`, its content undefined: the smallest free block that is large enough, or a new one."""
        size = math.prod(shape)
        fitting = [block for block in self._free if block.size >= size]
        if fitting:
            block = min(fitting, key=lambda block: block.size)
            self._free = [other for other in self._free if other is not block]
        else:
            block = self._new((size,))
            self._blocks.append(block)
        array = block[:size].reshape(shape)
        self._lent[id(array)] = block
        return array

    def give_back(self, *arrays: Array) -> None:
        """Allow the next step to use these arrays, which `take` lent, for something else."""
        for array in arrays:
            self._free.append(self._lent.pop(id(array)))

    def keep(self, shape: tuple[int, ...]) -> Array:
        """Return an array of zeros that nobody else will get."""
        for place, array in enumerate(self._left):
            if array.shape == shape:
                del self._left[place]
                array.fill(0)
                return array
        array = self._new(shape)
        self._kept.append(array)
        return array

    def clear(self) -> None:
        """Take everything back, for other calls on the same thread: what was bound before must not run again."""
        self._free, self._lent, self._left = list(self._blocks), {}, list(self._kept)

    def _new(self, shape: tuple[int, ...]) -> Array:
        array = np.zeros(shape, dtype=np.float32)
        self.bytes += array.nbytes
        return array
