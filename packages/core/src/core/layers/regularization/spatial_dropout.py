"""Spatial dropout forgets whole channels, at all positions at once."""

from __future__ import annotations

from typing import Any, ClassVar

from core.arrays import Array, Shape
from core.checks import one_of
from core.layers.file_format import FileFormat
from core.layers.regularization.dropout import DropoutLayer


class SpatialDropout(DropoutLayer):
    """y = x at inference; in training y = x * keep / (1 - rate), keep one draw a channel from {0, 1}.

    (batch, *sizes, channels), or (batch, channels, *sizes) for "channels_first", with `rank` sizes.
    Source: Tompson et al. 2015, https://arxiv.org/abs/1411.4280
    """

    file_format = FileFormat(omitted=frozenset({"trainable", "autocast"}))

    rank: ClassVar[int]

    def __init__(self, rate: float, data_format: object = None, seed: object = None, **common: Any) -> None:
        super().__init__(rate, seed, **common)
        self.data_format = one_of(data_format or "channels_last", "data_format", ("channels_last", "channels_first"))

    def build(self, input_shape: Shape) -> None:
        """Expect a batch, the positions and the channels."""
        del input_shape
        self.expect(rank=self.rank + 2)

    def draw_shape(self, x: Array) -> tuple[int, ...]:
        """One draw for all positions."""
        ones = (1,) * self.rank
        return (len(x), *ones, x.shape[-1]) if self.data_format == "channels_last" else (*x.shape[:2], *ones)
