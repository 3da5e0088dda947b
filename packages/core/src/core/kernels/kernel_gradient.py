"""What a training step learns of a kernel: everything that a tap of the window meets, times the gradient of the output.

In a field of zeros around the images, what a tap of the window meets at all positions is the same memory, moved. As in
`core.kernels.geometry`, every third patch of a window three taps wide is a row of a matrix without a copy, so each row of
the window takes three products. Where `core.kernels.winograd` applies, so does its adjoint: two rows of positions share so
much that four products do the work of six. For rows d0..d3 of the images and y0, y1 of the gradient::

    m0 = (d0 - d2) y0            g0 = m0 + (m1 + m2) / 2
    m1 = (d1 + d2) (y0 + y1)     g1 = (m1 - m2) / 2
    m2 = (d2 - d1) (y0 - y1)     g2 = (m1 + m2) / 2 - m3
    m3 = (d1 - d3) y1

each product summed over all geometry.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import as_strided

from core.arrays import Array
from core.kernels.geometry import NO_BORDER, Geometry, pixels_of
from core.kernels.threads import available_cores
from core.kernels.tiles import TileWork, in_tiles
from core.kernels.winograd import applies, transformed
from core.kernels.workspace import Workspace
from core.ops.windows import Window


def kernel_gradient(x: Array, dy: Array, window: Window) -> Array:
    """Return d kernel (down, across, channels, filters) for images x and dy, the gradient of what came out; steps of 1."""
    minimal = applies(window, x.shape[-1])
    bind = _bind_minimal if minimal else _bind_plain
    geometry = Geometry.of(window, NO_BORDER, *x.shape[1:3])
    down, across = (4 if minimal else window.size[0]), window.size[1]
    totals = np.zeros((available_cores(), down, across * x.shape[-1], dy.shape[-1]), np.float32)
    in_tiles(
        lambda workspace, images: bind(workspace, images, x, dy, geometry, totals), len(x), x[:1].nbytes + dy[:1].nbytes
    )
    found = totals.sum(axis=0).reshape(down, across, x.shape[-1], dy.shape[-1])
    if not minimal:
        return found
    m0, m1, m2, m3 = found
    both = (m1 + m2) / 2
    return np.stack([m0 + both, (m1 - m2) / 2, both - m3])


def _bind_plain(workspace: Workspace, images: int, x: Array, dy: Array, geometry: Geometry, totals: Array) -> TileWork:
    """Prepare one group of products for each row of the window."""
    window, (height, width) = geometry.window, dy.shape[1:3]
    padded = geometry.padded(images, x.shape[-1], 0, workspace)
    field, pixels = geometry.field(padded), pixels_of(padded)
    lines = field.shape[1] * geometry.pitch * images
    slopes = _zeros_for(workspace, 1, lines, window.size[1], dy.shape[-1])
    inner = slopes[0, :lines].reshape(images, -1, geometry.pitch, dy.shape[-1])[:, :height, :width]
    used = lines - (field.shape[1] - height) * geometry.pitch  # below the last image's positions dy is zero
    rows = [pixels[down * window.dilation[0] * geometry.pitch :] for down in range(window.size[0])]
    products = [list(_products(row, slopes[0], used, window.size[1])) for row in rows]
    product = workspace.take(totals.shape[2:])

    def work(tile: slice, part: int) -> None:
        np.copyto(padded, x[tile])
        np.copyto(inner, dy[tile])
        _add(products, product, totals[part])

    return work


def _bind_minimal(
    workspace: Workspace, images: int, x: Array, dy: Array, geometry: Geometry, totals: Array
) -> TileWork:
    """Prepare one group of products for each of m0..m3."""
    across, (height, width) = geometry.window.size[1], dy.shape[1:3]
    pairs = -(-height // 2)
    padded = geometry.padded(images, x.shape[-1], 2 * pairs + 2, workspace)
    lines = images * pairs * geometry.pitch
    v = _zeros_for(workspace, 4, lines, across, x.shape[-1])
    changes = list(transformed(geometry.field(padded), v[:, :lines].reshape(4, images, pairs, geometry.pitch, -1)))
    slopes = _zeros_for(workspace, 4, lines, across, dy.shape[-1])
    s0, s1, s2, s3 = slopes[:, :lines].reshape(4, images, pairs, geometry.pitch, -1)[..., :width, :]
    products = [list(_products(v[m], slopes[m], lines, across)) for m in range(4)]
    product = workspace.take(totals.shape[2:])
    whole = height // 2

    def work(tile: slice, part: int) -> None:
        np.copyto(padded, x[tile])
        for change in changes:
            change()
        y0, y1 = dy[tile, 0::2], dy[tile, 1::2]
        np.copyto(s0, y0)
        np.add(y0[:, :whole], y1, s1[:, :whole])
        np.subtract(y0[:, :whole], y1, s2[:, :whole])
        np.copyto(s3[:, :whole], y1)
        if whole < pairs:  # the last row has no second
            s1[:, -1] = s2[:, -1] = y0[:, -1]
        _add(products, product, totals[part])

    return work


def _zeros_for(workspace: Workspace, count: int, lines: int, across: int, channels: int) -> Array:
    """Return zeros, (count, lines and some more, channels): the last patches hang over the end."""
    return workspace.keep((count, lines + 2 * across, channels))


def _products(pixels: Array, slopes: Array, lines: int, across: int) -> Iterator[tuple[Array, Array]]:
    """Return the factors of products that together sum, over the lines, a patch of `across` pixels times the gradient there."""
    line, number = pixels.strides
    each = -(-lines // across)
    for first in range(across):
        shape, strides = (each, across * pixels.shape[1]), (across * line, number)
        patches = as_strided(pixels[first:], shape, strides, writeable=False)
        yield patches.T, slopes[first::across][:each]


def _add(products: list[list[tuple[Array, Array]]], product: Array, totals: Array) -> None:
    """Add each group of products to its total."""
    for group, total in zip(products, totals, strict=True):
        for patches, slopes in group:
            np.matmul(patches, slopes, product)
            np.add(total, product, total)
