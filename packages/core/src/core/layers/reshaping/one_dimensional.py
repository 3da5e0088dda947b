"""Borders and up-sampling along one axis: time, or the words of a sentence, (batch, steps, channels)."""

from __future__ import annotations

from core.layers.reshaping.borders import Cropping, ZeroPadding
from core.layers.reshaping.up_sampling import UpSampling


class ZeroPadding1D(ZeroPadding):
    """`ZeroPadding` along time."""

    rank = 1


class Cropping1D(Cropping):
    """`Cropping` along time."""

    rank = 1


class UpSampling1D(UpSampling):
    """`UpSampling` along time."""

    rank = 1
