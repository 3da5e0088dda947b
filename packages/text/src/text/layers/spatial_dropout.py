"""Spatial dropout forgets whole features, for all time steps at once."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape
from core.layers.file_format import FileFormat
from core.layers.regularization.dropout import DropoutLayer


class SpatialDropout1D(DropoutLayer):
    """y = x at inference; in training y = x * keep / (1 - rate), keep (batch, 1, channels) drawn from {0, 1}.

    Source: Tompson et al. 2015, https://arxiv.org/abs/1411.4280
    """

    file_format = FileFormat(omitted=frozenset({"trainable", "autocast"}))

    def __init__(self, rate: float, seed: object = None, **common: Any) -> None:
        super().__init__(rate, seed, **common)

    def build(self, input_shape: Shape) -> None:
        """Expect (batch, time, channels)."""
        del input_shape
        self.expect(rank=3)

    def _draw_shape(self, x: Array) -> tuple[int, ...]:
        """One draw for all time steps."""
        return (x.shape[0], 1, x.shape[2])
