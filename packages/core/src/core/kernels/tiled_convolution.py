"""A convolution over images and its gradients, on all cores, a few images at a time while they are in the cache.

They compute what `core.ops.convolution` says, whose lines are the definition, and leave
to them what they do not cover: other types than float32, other arrays than images, groups.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from core.arrays import Array
from core.kernels.convolution import Convolve
from core.kernels.kernel_gradient import kernel_gradient as fast_kernel_gradient
from core.kernels.tiles import TileWork, in_tiles
from core.kernels.workspace import Workspace
from core.ops import convolution
from core.ops.windows import Window, is_far


def convolve(x: Array, kernel: Array, window: Window, *, groups: int = 1) -> Array:
    """See `core.ops.convolution.convolve`."""
    if not _covers(x, window, groups):
        return convolution.convolve(x, kernel, window, groups=groups)
    return _run(Convolve(kernel, None, window), x)


def input_gradient(dy: Array, kernel: Array, window: Window, sizes: tuple[int, ...], *, groups: int = 1) -> Array:
    """See `core.ops.convolution.input_gradient`."""
    if not _covers(dy, window, groups) or window.strides != (1, 1):
        return convolution.input_gradient(dy, kernel, window, sizes, groups=groups)
    border = convolution.border(window, sizes, dy.shape[1:-1])
    flipped = convolution.reversed_kernel(kernel, groups)
    return _run(Convolve(flipped, None, replace(window, padding="valid"), border=(border[0], border[1])), dy)


def kernel_gradient(x: Array, dy: Array, window: Window, *, groups: int = 1) -> Array:
    """See `core.ops.convolution.kernel_gradient`."""
    if not _covers(x, window, groups) or window.strides != (1, 1):
        return convolution.kernel_gradient(x, dy, window, groups=groups)
    return fast_kernel_gradient(x, dy, window)


def _covers(x: Array, window: Window, groups: int) -> bool:
    near = window.rank == 2 and window.dilation[1] == 1 and not is_far(x.shape[1:-1], window)
    return near and x.dtype == np.float32 and groups == 1 and len(x) > 0


def _run(step: Convolve, x: Array) -> Array:
    y = np.empty((len(x), *step.geometry(x.shape).output, step.kernel.shape[-1]), np.float32)

    def bind(workspace: Workspace, images: int) -> TileWork:
        padded = step.input_buffer((images, *x.shape[1:]), workspace)
        padded = workspace.take((images, *x.shape[1:])) if padded is None else padded
        target = workspace.take((images, *y.shape[1:]))
        calls = list(step.bind([padded], target, workspace))

        def work(tile: slice, _: int) -> None:
            np.copyto(padded, x[tile])
            for call in calls:
                call()
            np.copyto(y[tile], target)

        return work

    in_tiles(bind, len(x), x[:1].nbytes + y[:1].nbytes)
    return y
