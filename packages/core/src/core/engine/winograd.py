"""Minimal filtering: two neighbouring outputs of a filter of three share so much that four products do the work of six.

For inputs d0..d3 and a filter g0..g2 (Winograd's F(2, 3))::

    m0 = (d0 - d2) g0                      y0 = d0 g0 + d1 g1 + d2 g2 = m0 + m1 + m2
    m1 = (d1 + d2) (g0 + g1 + g2) / 2      y1 = d1 g0 + d2 g1 + d3 g2 = m1 - m2 - m3
    m2 = (d2 - d1) (g0 - g1 + g2) / 2
    m3 = (d1 - d3) g2

Here d0..d3 are four rows of an image, so the sums run over whole rows, and each product is a matrix product over the
cells across and the channels. Larger tiles multiply still less, but lose digits: F(2, 3) rounds no worse than the plain
sum (measured), F(4, 3) three times worse. Source: Lavin and Gray 2015, https://arxiv.org/abs/1509.09308
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from core.arrays import Array
from core.engine.memory import Memory
from core.engine.places import Rows, kernel_rows
from core.engine.step import Call, along_row
from core.ops.windows import Window

if TYPE_CHECKING:
    from core.engine.convolve import Convolve


def applies(window: Window) -> bool:
    """Say whether the window is three cells high and moves by one."""
    return window.size[0] == 3 and window.strides == (1, 1) and window.dilation == (1, 1)


def filters(kernel: Array) -> Array:
    """Give the four filters as matrices: (3, across, channels, filters) -> (4, across * channels, filters)."""
    g0, g1, g2 = kernel.astype(np.float64)
    four = (g0, (g0 + g1 + g2) / 2, (g0 - g1 + g2) / 2, g2)
    return np.stack([kernel_rows(g[None]) for g in four]).astype(np.float32)


def winograd(step: Convolve, image: Array, target: Array, memory: Memory) -> Iterator[Call]:
    """Give the calls of a convolution whose input stands in the room that `step` asked for."""
    places = step.places(image.shape)
    n, _, _, channels = image.shape
    (down, across), pitch = places.output, places.pitch
    pairs = -(-down // 2)
    field = places.field(image)
    rows = Rows(n * pairs * pitch, step.kernel.shape[1], 1)
    v = memory.take((4, rows.cells, channels))
    m = memory.take((4, rows.lines, step.kernel.shape[-1]))

    whole = n * pairs * pitch
    d0, d1, d2, d3 = (field[:, k : k + 2 * pairs - 1 : 2] for k in range(4))
    v0, v1, v2, v3 = v[:, :whole].reshape(4, n, pairs, pitch, channels)
    yield partial(v[:, whole:].fill, 0)
    yield partial(np.subtract, d0, d2, v0)
    yield partial(np.add, d1, d2, v1)
    yield partial(np.subtract, d2, d1, v2)
    yield partial(np.subtract, d1, d3, v3)
    kernel = filters(step.kernel)
    for patches, results in zip(rows.patches(v), rows.results(m), strict=True):
        yield partial(np.matmul, patches, kernel, results)

    m0, m1, m2, m3 = m[:, :whole].reshape(4, n, pairs, pitch, -1)[:, :, :, :across]
    if step.halve:
        yield from _halve(step, (m0, m1, m2, m3), target)
    else:
        odd = down // 2
        y0, y1 = target[:, 0::2], target[:, 1::2]
        if step.bias is not None:
            yield partial(np.add, m1, along_row(step.bias, m1), m1)  # m1 is in both sums
        yield partial(np.add, m0, m1, y0)
        yield partial(np.add, y0, m2, y0)
        yield partial(np.subtract, m1[:, :odd], m2[:, :odd], y1)
        yield partial(np.subtract, y1, m3[:, :odd], y1)
    if step.activation is not None:
        yield from step.activation.bind([target], target, memory)
    memory.give_back(v, m)


def _halve(step: Convolve, products: tuple[Array, ...], target: Array) -> Iterator[Call]:
    """Keep the largest of two rows and two columns; y0 and y1 are the two rows. The bias can wait until then."""
    down, across = target.shape[1:3]
    m0, m1, m2, m3 = (product[:, :down] for product in products)
    yield partial(np.add, m0, m1, m0)
    yield partial(np.add, m0, m2, m0)
    yield partial(np.subtract, m1, m2, m1)
    yield partial(np.subtract, m1, m3, m1)
    yield partial(np.maximum, m0, m1, out=m0)
    yield partial(np.maximum, m0[:, :, 0 : 2 * across : 2], m0[:, :, 1 : 2 * across : 2], out=target)
    if step.bias is not None:
        yield partial(np.add, target, along_row(step.bias, target), target)
