"""The three layouts in which Keras 2 keeps the kernel of a locally connected layer (`implementation`).

1: the weights of each position; 2: the matrix of a dense layer, from the whole input to the whole output; 3: only the numbers
of that matrix that connect anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from core.arrays import Array

#: The order of the axes: positions, taps (or the area of the input), channels, filters; by whether channels come last.
_AXES = {
    (1, True): "ptcf", (1, False): "pctf", (2, True): "acpf", (2, False): "cafp", (3, True): "pftc", (3, False): "fpct",
}  # fmt: skip


@dataclass(frozen=True)
class KernelLayout:
    """A layout for windows whose taps meet the numbers `inputs` of a flat input of size `area`; not all are `valid`.

    inputs and valid (positions, taps).
    """

    implementation: int
    channels_last: bool
    inputs: Array
    valid: Array
    area: int
    channels: int
    filters: int

    def by_position(self, kernel: Array) -> Array:
        """Return the kernel as (positions, taps, channels, filters), 0 for taps outside."""
        if self.implementation == 3:
            whole = np.zeros(self._shape, kernel.dtype)
            whole[self._connected] = kernel
        else:
            whole = kernel.reshape(self._shape)
        seen = whole.transpose(self._order)
        if self.implementation != 2:
            return seen
        met = seen[np.arange(len(self.inputs))[:, None], self.inputs]
        return np.where(self.valid[..., None, None], met, kernel.dtype.type(0))

    def from_positions(self, weights: Array) -> Array:
        """Return (positions, taps, channels, filters) in this layout; the gradient of `by_position`."""
        if self.implementation == 2:
            whole = np.zeros(self._shape, weights.dtype)
            position, tap = np.nonzero(self.valid)
            whole.transpose(self._order)[position, self.inputs[position, tap]] = weights[position, tap]
            return whole
        moved = weights.transpose(np.argsort(self._order))
        return moved[self._connected] if self.implementation == 3 else moved

    @cached_property
    def _axes(self) -> str:
        return _AXES[self.implementation, self.channels_last]

    @cached_property
    def _shape(self) -> list[int]:
        positions, taps = self.inputs.shape
        sizes = {"p": positions, "t": taps, "a": self.area, "c": self.channels, "f": self.filters}
        return [sizes[axis] for axis in self._axes]

    @cached_property
    def _order(self) -> list[int]:
        """How the axes become (positions, taps or area, channels, filters)."""
        return [self._axes.index(axis) for axis in ("pacf" if self.implementation == 2 else "ptcf")]

    @cached_property
    def _connected(self) -> Array:
        """Where the numbers of the third layout stand in all of the kernel."""
        shape = (*self.valid.shape, self.channels, self.filters)
        return np.broadcast_to(self.valid[..., None, None], shape).transpose(np.argsort(self._order))
