"""A convolution over images with all that follows it folded in: normalisation into the kernel, bias, ReLU and pooling.

Two ways lead to the same numbers: `direct`, one product over all taps of the window, and `winograd` (fewer
multiplications) where it applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.arrays import Array
from core.kernels.direct import direct
from core.kernels.elementwise import Affine, Pointwise, Rectify
from core.kernels.folded import FoldedConvolution
from core.kernels.kernel import BoundCall, Kernel, Same
from core.kernels.pooling import Halve
from core.kernels.winograd import applies, transformed_kernel, winograd
from core.kernels.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Convolve(FoldedConvolution):
    """A convolution that takes what follows it into itself, and runs in the way that is faster."""

    def fuse(self, following: Kernel) -> Kernel | None:
        """Take what follows into the weights, or into the last pass over the output."""
        if isinstance(following, Same):
            return self
        if isinstance(following, Affine) and self.activation is None and not self.halve:
            bias = following.shift if self.bias is None else self.bias * following.scale + following.shift
            return replace(self, kernel=self.kernel * following.scale, bias=bias)
        if isinstance(following, Rectify | Pointwise) and self.activation is None:
            return replace(self, activation=following)
        monotone = self.activation is None or isinstance(self.activation, Rectify)
        if isinstance(following, Halve) and monotone and not self.halve and self.is_minimal:
            return replace(self, halve=True)
        return None

    def scaled(self, scale: Array) -> Kernel:
        """Multiply the kernel's channels."""
        return replace(self, kernel=self.kernel * np.broadcast_to(scale, self.kernel.shape[2])[:, None])

    @property
    def is_minimal(self) -> bool:
        """Whether `winograd` does it."""
        return applies(self.window, self.kernel.shape[2])

    @cached_property
    def filters(self) -> Array:
        """The kernel as `winograd` multiplies by it, made once for all sizes and threads."""
        return transformed_kernel(self.kernel)

    def input_buffer(self, shape: tuple[int, ...], workspace: Workspace) -> Array | None:
        """Ask for the input inside the zeros of the padding."""
        if self.in_place:
            return None
        geometry = self.geometry(shape)
        rows = 2 * -(-geometry.output[0] // 2) + 2 if self.is_minimal else 0
        return geometry.padded(shape[0], shape[-1], rows, workspace)

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Convolve in the way that is faster here."""
        if self.is_minimal:
            yield from winograd(self, self.filters, sources[0], target, workspace)
        else:
            yield from direct(self, sources[0], target, workspace)
