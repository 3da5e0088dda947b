"""A border of zeros: left to the convolution that follows, which pads anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.convolution import Convolve
from core.kernels.depthwise import Filter
from core.kernels.geometry import Border
from core.kernels.kernel import BoundCall, Kernel
from core.kernels.workspace import Workspace


class Surround(Kernel):
    """Zeros before and after the height and the width."""

    def __init__(self, border: Border) -> None:
        self.border = border

    def fuse(self, following: Kernel) -> Kernel | None:
        """Let a "valid" convolution have the border; one that pads by itself would count on other sizes."""
        if isinstance(following, Convolve | Filter) and following.window.padding == "valid":
            return replace(following, border=self.border)
        return None

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Write zeros, then the image in the middle."""
        (top, _), (left, _) = self.border
        _, height, width, _ = sources[0].shape
        yield partial(target.fill, 0)
        yield partial(np.copyto, target[:, top : top + height, left : left + width], sources[0])
