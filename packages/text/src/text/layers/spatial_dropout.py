"""Spatial dropout of sequences, (batch, time, channels)."""

from __future__ import annotations

from typing import Any

from core.layers.regularization.spatial_dropout import SpatialDropout


class SpatialDropout1D(SpatialDropout):
    """`SpatialDropout` along time; its channels always come last."""

    rank = 1

    def __init__(self, rate: float, seed: object = None, **common: Any) -> None:
        super().__init__(rate, seed=seed, **common)
