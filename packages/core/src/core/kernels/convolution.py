"""A convolution over images with all that follows it folded in: normalisation into the kernel, bias, ReLU and pooling.

Two ways lead to the same numbers: `direct`, one product over all cells of the window, and `winograd` (fewer
multiplications) where it applies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from core.arrays import Array
from core.kernels.direct import direct
from core.kernels.elementwise import Affine, Pointwise, Rectify, Scalable
from core.kernels.geometry import NO_BORDER, Border, Places
from core.kernels.kernel import Call, Same, Step
from core.kernels.pooling import Halve
from core.kernels.winograd import applies, filters, winograd
from core.kernels.workspace import Memory
from core.ops.windows import Window


@dataclass(frozen=True, eq=False)
class Convolve(Scalable):
    """y = activation(pool(convolution(x) + bias)); kernel (down, across, channels, filters).

    Max pooling and ReLU change places, as both only compare: the pooled image has a quarter of the numbers to rectify.
    """

    kernel: Array
    bias: Array | None
    window: Window
    border: Border = NO_BORDER
    activation: Step | None = None
    halve: bool = False

    def then(self, following: Step) -> Step | None:
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

    def scaled(self, scale: Array) -> Step:
        """Multiply the kernel's channels."""
        return replace(self, kernel=self.kernel * np.broadcast_to(scale, self.kernel.shape[2])[:, None])

    @property
    def in_place(self) -> bool:
        """Whether a window of one cell stands on every cell, so that the input may lie anywhere."""
        return self.window.size == (1, 1) and self.window.strides == (1, 1) and self.border == NO_BORDER

    @property
    def is_minimal(self) -> bool:
        """Whether `winograd` does it."""
        return applies(self.window, self.kernel.shape[2])

    @cached_property
    def filters(self) -> Array:
        """The kernel as `winograd` multiplies by it, made once for all sizes and threads."""
        return filters(self.kernel)

    def places(self, shape: tuple[int, ...]) -> Places:
        """Find the places for inputs of `shape`."""
        return Places.of(self.window, self.border, *shape[1:3])

    def room(self, shape: tuple[int, ...], memory: Memory) -> Array | None:
        """Ask for the input inside the zeros of the padding."""
        if self.in_place:
            return None
        places = self.places(shape)
        rows = 2 * -(-places.output[0] // 2) + 2 if self.is_minimal else 0
        return places.padded(shape[0], shape[-1], rows, memory)

    def bind(self, sources: Sequence[Array], target: Array, memory: Memory) -> Iterator[Call]:
        """Convolve in the way that is faster here."""
        way = winograd if self.is_minimal else direct
        yield from way(self, sources[0], target, memory)
