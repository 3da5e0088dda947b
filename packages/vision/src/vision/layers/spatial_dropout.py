"""Spatial dropout of images, (batch, height, width, channels), and of volumes, with a depth before the height."""

from __future__ import annotations

from core.layers.regularization.spatial_dropout import SpatialDropout


class SpatialDropout2D(SpatialDropout):
    """`SpatialDropout` of images."""

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """`SpatialDropout` of volumes."""

    rank = 3
