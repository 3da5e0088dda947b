"""Pooling over images, (batch, height, width, channels), and over volumes, with a depth before the height.

Only the number of axes is theirs: equations and options are those of the classes in `core.layers.pooling`.
Source: https://keras.io/api/layers/pooling_layers/
"""

from __future__ import annotations

from core.layers.pooling.adaptive import AdaptiveAveragePooling, AdaptiveMaxPooling
from core.layers.pooling.global_pooling import GlobalAveragePooling, GlobalMaxPooling
from core.layers.pooling.window_pooling import AveragePooling, MaxPooling


class MaxPooling2D(MaxPooling):
    """`MaxPooling` over height and width."""

    rank = 2


class MaxPooling3D(MaxPooling):
    """`MaxPooling` over depth, height and width."""

    rank = 3


class AveragePooling2D(AveragePooling):
    """`AveragePooling` over height and width."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """`AveragePooling` over depth, height and width."""

    rank = 3


class GlobalMaxPooling2D(GlobalMaxPooling):
    """`GlobalMaxPooling` over height and width."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """`GlobalMaxPooling` over depth, height and width."""

    rank = 3


class GlobalAveragePooling2D(GlobalAveragePooling):
    """`GlobalAveragePooling` over height and width."""

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """`GlobalAveragePooling` over depth, height and width."""

    rank = 3


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """`AdaptiveMaxPooling` over height and width."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """`AdaptiveMaxPooling` over depth, height and width."""

    rank = 3


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """`AdaptiveAveragePooling` over height and width."""

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """`AdaptiveAveragePooling` over depth, height and width."""

    rank = 3
