"""A kernel is the fast form of one or more layers: a list of NumPy calls on buffers that stay where they are.

`core.engine.lowering` names the kernel of each layer. Two kernels that follow one another may be fused: a convolution takes
the normalisation, the ReLU and the pooling after it into itself. Bound to its buffers, a kernel is a list of calls without
arguments, so that nothing is allocated, cut or converted while a tile runs through the network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array
from core.kernels.workspace import Workspace

#: A NumPy call whose arguments are set, its output among them.
BoundCall: TypeAlias = Callable[[], Any]


class Kernel:
    """The fast form of a layer: (sources) -> target, all float32, the batch in front and the channels last."""

    def fuse(self, following: Kernel) -> Kernel | None:
        """Return one step that does what this one and `following` do, or None where they stay two."""
        del following
        return None

    def input_buffer(self, shape: tuple[int, ...], workspace: Workspace) -> Array | None:
        """Return the array of `shape` in which this step wants to find its input (inside zeros, say); None for any."""
        del shape, workspace
        return None

    def view(self, source: Array, shape: tuple[int, ...]) -> Array | None:
        """Return the output as a view of the input where nothing is to be computed, else None."""
        del source, shape
        return None

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Return the calls that read `sources` and fill `target`."""
        raise NotImplementedError


class Same(Kernel):
    """y = x: what a layer does that only matters while a network learns."""

    def fuse(self, following: Kernel) -> Kernel:
        """Leave all to the step that follows."""
        return following

    def view(self, source: Array, shape: tuple[int, ...]) -> Array:
        """Return the input."""
        return source


class Reshape(Kernel):
    """The same numbers under another shape."""

    def view(self, source: Array, shape: tuple[int, ...]) -> Array | None:
        """Return the input under the other shape where it lies in one piece."""
        return source.reshape(shape) if source.flags.c_contiguous else None

    def bind(self, sources: Sequence[Array], target: Array, workspace: Workspace) -> Iterator[BoundCall]:
        """Copy an input that does not lie in one piece."""
        yield partial(np.copyto, target.reshape(sources[0].shape), sources[0])


def buffered(function: Callable[..., Any], *arrays: Array, out: Array) -> None:
    """BoundCall a NumPy function whose inner loop is short, a few dozen numbers: those are faster through NumPy's buffer."""
    before = np.setbufsize(8192)
    try:
        function(*arrays, out=out)
    finally:
        np.setbufsize(before)


def along_row(values: Array, array: Array) -> Array:
    """Repeat `values` (channels,) along the last axis but one of `array`: NumPy is fast where its inner loop is long."""
    return np.ascontiguousarray(np.broadcast_to(values, array.shape[-2:] if array.ndim > 2 else array.shape[-1:]))


class Routine(Kernel):
    """The fast form of a layer whose calls depend on the data: which time steps count, say."""

    #: The fewest rows that are worth a thread of their own: where calls are short, threads wait for each other.
    least_rows: int = 1

    def run(self, x: Array, mask: Array | None) -> Array:
        """Return the output for a tile; `mask` is what the layer would receive."""
        raise NotImplementedError
