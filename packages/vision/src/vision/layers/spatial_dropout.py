"""Spatial dropout forgets whole channels, at all places at once."""

from __future__ import annotations

from typing import Any, ClassVar

from core.arrays import Array, Shape
from core.checks import one_of
from core.layers.file_format import FileFormat
from core.layers.regularization.dropout import DropoutLayer


class SpatialDropout(DropoutLayer):
    """y = x at inference; in training y = x * keep / (1 - rate), keep one draw a channel from {0, 1}.

    Source: Tompson et al. 2015, https://arxiv.org/abs/1411.4280
    """

    file_format = FileFormat(omitted=frozenset({"trainable", "autocast"}))

    rank: ClassVar[int]

    def __init__(self, rate: float, data_format: object = None, seed: object = None, **common: Any) -> None:
        super().__init__(rate, seed, **common)
        self.data_format = one_of(data_format or "channels_last", "data_format", ("channels_last", "channels_first"))

    def build(self, input_shape: Shape) -> None:
        """Expect a batch, the places and the channels."""
        del input_shape
        self.expect(rank=self.rank + 2)

    def _draw_shape(self, x: Array) -> tuple[int, ...]:
        """One draw for all places."""
        ones = (1,) * self.rank
        return (len(x), *ones, x.shape[-1]) if self.data_format == "channels_last" else (*x.shape[:2], *ones)


class SpatialDropout2D(SpatialDropout):
    """`SpatialDropout` of images."""

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """`SpatialDropout` of volumes."""

    rank = 3
