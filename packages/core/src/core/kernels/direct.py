"""The plain way to convolve: the rows under the window are laid side by side, and one product sums over all its taps."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.folded import FoldedConvolution
from core.kernels.geometry import PatchProduct, kernel_rows, pixels_of
from core.kernels.kernel import BoundCall, along_row
from core.kernels.workspace import Workspace


def direct(step: FoldedConvolution, image: Array, target: Array, workspace: Workspace) -> Iterator[BoundCall]:
    """Return the calls of a convolution whose input stands in the input buffer of the kernel, if it has one."""
    n, _, _, channels = image.shape
    geometry = step.geometry(image.shape)
    (down, across), pitch = geometry.output, geometry.pitch
    high, wide, _, filters = step.kernel.shape
    step_down, step_across = step.window.strides
    lines, kernel = n * down * pitch // step_across, kernel_rows(step.kernel)
    product = PatchProduct(lines, wide, step_across, kernel, exact=step.in_place)
    y = workspace.take((product.lines, filters))
    lent = [y]
    if step.in_place:  # every pixel is its own row already
        seen = image.reshape(-1, channels)
    elif high == step_down == 1 and product.pixels <= len(pixels_of(image)):
        seen = pixels_of(image)
    else:
        whole = n * down * pitch
        seen = workspace.take((max(product.pixels, whole), high * channels))
        lent.append(seen)
        field = geometry.field(image)
        beside = seen[:whole].reshape(n, down, pitch, high, channels)
        yield partial(seen[whole:].fill, 0)
        for k in range(high):
            first = k * step.window.dilation[0]
            under = field[:, first : first + (down - 1) * step_down + 1 : step_down]
            yield partial(np.copyto, beside[:, :, :, k], under)
    yield from product.calls(seen, y)
    found = y[:lines].reshape(n, down, pitch // step_across, filters)[:, :, :across]
    if step.bias is None:
        yield partial(np.copyto, target, found)
    else:
        yield partial(np.add, found, along_row(step.bias, target), target)
    if step.activation is not None:
        yield from step.activation.bind([target], target, workspace)
    workspace.give_back(*lent)
