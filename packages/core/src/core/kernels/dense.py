"""A dense step is a matrix product, its long sums taken in parts as `core.ops.product` takes them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.elementwise import Pointwise, Rectify
from core.kernels.kernel import BoundCall, Kernel, Same
from core.kernels.workspace import Workspace
from core.ops.product import PART


class Multiply(Kernel):
    """y = activation(x @ kernel + bias): (..., inputs) -> (..., units)."""

    def __init__(self, kernel: Array, bias: Array | None, activation: Kernel | None = None) -> None:
        self.kernel = np.ascontiguousarray(kernel)
        self.bias = bias
        self.activation = activation

    def fuse(self, following: Kernel) -> Kernel | None:
        """Apply an activation in place."""
        if self.activation is None and isinstance(following, Rectify | Pointwise):
            return Multiply(self.kernel, self.bias, following)
        return self if isinstance(following, Same) else None

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Multiply, add the bias, activate."""
        rows, units = math.prod(target.shape[:-1]), self.kernel.shape[1]
        copies = [array for array in (sources[0], target) if not array.flags.c_contiguous]
        lent = [workspace.take(array.shape) for array in copies] + [workspace.take((rows, units))]
        flat = {id(array): copy for array, copy in zip(copies, lent, strict=False)}
        x = flat.get(id(sources[0]), sources[0]).reshape(rows, -1)
        y = flat.get(id(target), target).reshape(rows, units)
        if id(sources[0]) in flat:
            yield partial(np.copyto, flat[id(sources[0])], sources[0])
        for start in range(0, len(self.kernel), PART):
            terms = slice(start, start + PART)
            yield partial(np.matmul, x[:, terms], self.kernel[terms], lent[-1] if start else y)
            if start:
                yield partial(np.add, y, lent[-1], y)
        if self.bias is not None:
            yield partial(np.add, y, self.bias, y)
        if self.activation is not None:
            yield from self.activation.bind([y], y, workspace)
        if id(target) in flat:
            yield partial(np.copyto, target, flat[id(target)])
        workspace.give_back(*lent)
