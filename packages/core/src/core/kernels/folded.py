"""A convolution over images with all that follows it folded in, as its kernels receive it."""

from __future__ import annotations

from dataclasses import dataclass

from core.arrays import Array
from core.kernels.elementwise import Scalable
from core.kernels.geometry import NO_BORDER, Border, Geometry
from core.kernels.kernel import Kernel
from core.ops.windows import Window


@dataclass(frozen=True, eq=False)
class FoldedConvolution(Scalable):
    """y = activation(pool(convolution(x) + bias)); kernel (down, across, channels, filters).

    Max pooling and ReLU change order, as both only compare: the pooled image has a quarter of the numbers to rectify.
    """

    kernel: Array
    bias: Array | None
    window: Window
    border: Border = NO_BORDER
    activation: Kernel | None = None
    halve: bool = False

    @property
    def in_place(self) -> bool:
        """Whether a window of one tap stands on every position, so that the input may lie anywhere."""
        return self.window.size == (1, 1) and self.window.strides == (1, 1) and self.border == NO_BORDER

    def geometry(self, shape: tuple[int, ...]) -> Geometry:
        """Find the positions of the window for inputs of `shape`."""
        return Geometry.of(self.window, self.border, *shape[1:3])
