"""What a gate multiplies its input and its state by: a matrix, or whatever else takes a kernel, such as a convolution."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np

from core.arrays import Array, Shape

#: What a draw leaves of the input or the state of each gate: factors (1 or gates, batch, ...), or None for all of it.
Keep: TypeAlias = Array | None
#: dy -> (dx, d kernel).
ProductBackward: TypeAlias = Callable[[Array], tuple[Array, Array]]


class Product(Protocol):
    """y = x * kernel: (..., *sizes, inputs) and (*kernel_size, inputs, outputs) -> (..., *positions, outputs)."""

    @property
    def kernel_size(self) -> tuple[int, ...]:
        """The axes of the kernel before its last two."""

    def output_sizes(self, sizes: Shape) -> Shape:
        """Count the positions; None where a size is not known."""

    def __call__(self, x: Array, kernel: Array) -> tuple[Array, ProductBackward]:
        """Return y and backward."""


class MatrixProduct:
    """y = x @ kernel, dx = dy @ kernel^T, d kernel = x^T @ dy over all rows: (..., inputs) -> (..., outputs)."""

    kernel_size = ()

    def output_sizes(self, sizes: Shape) -> Shape:
        """There are none."""
        del sizes
        return ()

    def __call__(self, x: Array, kernel: Array) -> tuple[Array, ProductBackward]:
        """Return y and backward."""
        rows = x.reshape(-1, x.shape[-1])

        def backward(dy: Array) -> tuple[Array, Array]:
            d_rows = dy.reshape(-1, dy.shape[-1])
            return np.reshape(d_rows @ kernel.T, x.shape), rows.T @ d_rows

        y: Array = rows @ kernel
        return y if x.ndim == 2 else y.reshape(*x.shape[:-1], kernel.shape[-1]), backward


def gate_products(product: Product, x: Array, kernel: Array, keep: Keep) -> tuple[Array, ProductBackward]:
    """x * kernel for all gates side by side; in training each gate sees x times its own part of `keep`, (gates, ...)."""
    if keep is None:
        return product(x, kernel)
    parts = [product(x * own, part) for own, part in zip(keep, np.split(kernel, len(keep), axis=-1), strict=True)]

    def backward(dy: Array) -> tuple[Array, Array]:
        found = [back(d_part) for (_, back), d_part in zip(parts, np.split(dy, len(parts), axis=-1), strict=True)]
        dx = sum((d_seen * own for (d_seen, _), own in zip(found, keep, strict=True)), np.zeros_like(x))
        return dx, np.concatenate([d_kernel for _, d_kernel in found], axis=-1)

    return np.concatenate([y for y, _ in parts], axis=-1), backward


@dataclass(frozen=True)
class StateProduct:
    """h -> U h for all gates side by side, (batch, ..., gates * units), and its backward, in every step of a sequence."""

    product: Product
    kernel: Array
    keep: Keep
    units: int

    def __call__(self, h: Array) -> tuple[Array, ProductBackward]:
        """Return U h and backward."""
        return gate_products(self.product, h, self.kernel, self.keep)

    def of_gates(self, first: int, last: int) -> StateProduct:
        """Return the same for the gates from the one number to before the other."""
        kernel = self.kernel[..., first * self.units : last * self.units]
        keep = None if self.keep is None else self.keep[first:last]
        return StateProduct(self.product, kernel, keep, self.units)
