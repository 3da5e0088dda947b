"""Minimal filtering: two neighbouring outputs of a filter of three share so much that four products do the work of six.

For inputs d0..d3 and a filter g0..g2 (Winograd's F(2, 3))::

    m0 = (d0 - d2) g0                      y0 = d0 g0 + d1 g1 + d2 g2 = m0 + m1 + m2
    m1 = (d1 + d2) (g0 + g1 + g2) / 2      y1 = d1 g0 + d2 g1 + d3 g2 = m1 - m2 - m3
    m2 = (d2 - d1) (g0 - g1 + g2) / 2
    m3 = (d1 - d3) g2

Here d0..d3 are four rows of an image, so the sums run over whole rows, and each product is a matrix product over the
taps across and the channels. Larger tiles multiply still less, but lose digits: F(2, 3) rounds no worse than the plain
sum (measured), F(4, 3) three times worse. Source: Lavin and Gray 2015, https://arxiv.org/abs/1509.09308
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from core.arrays import Array
from core.kernels.folded import FoldedConvolution
from core.kernels.geometry import PatchProduct, kernel_rows
from core.kernels.kernel import BoundCall, Kernel, along_row, buffered
from core.kernels.workspace import Workspace
from core.ops.windows import Window

#: With fewer channels, the sums cost more than the multiplications that they spare.
FEWEST_CHANNELS = 8


def applies(window: Window, channels: int) -> bool:
    """Return whether the window is three taps high and moves by one, over enough channels."""
    return (
        channels >= FEWEST_CHANNELS and window.size[0] == 3 and window.strides == (1, 1) and window.dilation == (1, 1)
    )


def transformed_kernel(kernel: Array) -> Array:
    """Return the four filters as matrices: (3, across, channels, filters) -> (4, across * channels, filters)."""
    g0, g1, g2 = kernel.astype(np.float64)
    four = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)
    return np.stack([kernel_rows(g[None]) for g in four]).astype(np.float32)


def winograd(
    step: FoldedConvolution, filters: Array, image: Array, target: Array, workspace: Workspace
) -> Iterator[BoundCall]:
    """Return the calls of a convolution whose input stands in the input buffer of the kernel."""
    geometry = step.geometry(image.shape)
    n, _, _, channels = image.shape
    (down, across), pitch = geometry.output, geometry.pitch
    pairs = -(-down // 2)
    field = geometry.field(image)
    lines = n * pairs * pitch
    product = PatchProduct(lines, step.kernel.shape[1], 1, filters)
    v = workspace.take((4, max(product.pixels, lines), channels))
    m = workspace.take((4, product.lines, step.kernel.shape[-1]))

    yield partial(v[:, lines:].fill, 0)
    yield from transformed(field, v[:, :lines].reshape(4, n, pairs, pitch, channels))
    yield from product.calls(v, m)

    m0, m1, m2, m3 = m[:, :lines]  # sums over whole rows, what hangs over included: NumPy is fastest in one piece
    in_rows = (n, pairs, pitch, -1)
    if step.bias is not None and not step.halve:  # m1 is in both sums
        yield partial(np.add, m1.reshape(in_rows), along_row(step.bias, m1.reshape(in_rows)), m1.reshape(in_rows))
    yield partial(np.add, m0, m1, m0)
    yield partial(np.add, m0, m2, m0)
    yield partial(np.subtract, m1, m2, m1)
    yield partial(np.subtract, m1, m3, m1)
    if step.halve:
        yield partial(np.maximum, m0, m1, out=m0)
        yield from _halve_across(step, m0.reshape(in_rows), target, workspace)
    else:
        for y, place in ((m0, target[:, 0::2]), (m1, target[:, 1::2])):
            yield from _finish(step.activation, y.reshape(in_rows)[:, : place.shape[1], :across], place, workspace)
    workspace.give_back(v, m)


def transformed(field: Array, v: Array) -> Iterator[BoundCall]:
    """Return the calls that write the four differences and sums of rows of a field into v (4, images, pairs, pitch, channels)."""
    d0, d1, d2, d3 = (field[:, k : k + 2 * v.shape[2] - 1 : 2] for k in range(4))
    yield partial(np.subtract, d0, d2, v[0])
    yield partial(np.add, d1, d2, v[1])
    yield partial(np.subtract, d2, d1, v[2])
    yield partial(np.subtract, d1, d3, v[3])


def _finish(activation: Kernel | None, y: Array, place: Array, workspace: Workspace) -> Iterator[BoundCall]:
    """Put every second row in its position, activated."""
    if activation is None:
        yield partial(np.copyto, place, y)
    else:
        yield from activation.bind([y], place, workspace)


def _halve_across(step: FoldedConvolution, y: Array, target: Array, workspace: Workspace) -> Iterator[BoundCall]:
    """Keep the larger of two columns, the larger of two rows being found. The bias can wait until then."""
    down, across = target.shape[1:3]
    yield partial(buffered, np.maximum, y[:, :down, 0 : 2 * across : 2], y[:, :down, 1 : 2 * across : 2], out=target)
    if step.bias is not None:
        yield partial(np.add, target, along_row(step.bias, target), target)
    if step.activation is not None:
        yield from step.activation.bind([target], target, workspace)
