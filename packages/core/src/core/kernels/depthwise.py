"""A depthwise convolution: tap by tap of the window, whole rows of an image times one row of weights."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.elementwise import Affine, Pointwise, Rectify, Scalable
from core.kernels.geometry import NO_BORDER, Border, Geometry
from core.kernels.kernel import BoundCall, Kernel, Same, along_row
from core.kernels.workspace import Workspace
from core.ops.windows import Window


@dataclass(frozen=True, eq=False)
class Filter(Scalable):
    """y[p, c] = activation(sum over taps o of x[p * stride + o, c] * kernel[o, c] + bias[c]).

    kernel (down, across, channels), bias (channels,).
    """

    kernel: Array
    bias: Array | None
    window: Window
    border: Border = NO_BORDER
    activation: Kernel | None = None

    def fuse(self, following: Kernel) -> Kernel | None:
        """Take a normalisation into the weights, an activation into the last pass."""
        if isinstance(following, Same):
            return self
        if isinstance(following, Affine) and self.activation is None:
            bias = following.shift if self.bias is None else self.bias * following.scale + following.shift
            return replace(self, kernel=self.kernel * following.scale, bias=bias)
        if isinstance(following, Rectify | Pointwise) and self.activation is None:
            return replace(self, activation=following)
        return None

    def scaled(self, scale: Array) -> Kernel:
        """Multiply the kernel's channels."""
        return replace(self, kernel=self.kernel * scale)

    def input_buffer(self, shape: tuple[int, ...], workspace: Workspace) -> Array:
        """Ask for the input inside the zeros of the padding."""
        return Geometry.of(self.window, self.border, *shape[1:3]).padded(shape[0], shape[-1], 0, workspace)

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Multiply and add, tap by tap."""
        geometry = Geometry.of(self.window, self.border, *sources[0].shape[1:3])
        field = geometry.field(sources[0], beyond=geometry.spare)
        total, part = workspace.take(target.shape), workspace.take(target.shape)
        (down, across), (step_down, step_across) = geometry.output, self.window.strides
        for index, tap in enumerate(np.ndindex(*self.window.size)):
            first = [position * apart for position, apart in zip(tap, self.window.dilation, strict=True)]
            rows = slice(first[0], first[0] + (down - 1) * step_down + 1, step_down)
            columns = slice(first[1], first[1] + (across - 1) * step_across + 1, step_across)
            weights = along_row(self.kernel[tap], target)
            yield partial(np.multiply, field[:, rows, columns], weights, part if index else total)
            if index:
                yield partial(np.add, total, part, total)
        if self.bias is None:
            yield partial(np.copyto, target, total)
        else:
            yield partial(np.add, total, along_row(self.bias, target), target)
        if self.activation is not None:
            yield from self.activation.bind([target], target, workspace)
        workspace.give_back(total, part)
