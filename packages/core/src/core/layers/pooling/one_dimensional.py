"""Pooling over one axis: time, or the words of a sentence, (batch, steps, channels)."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.layers.gradients import Backward
from core.layers.pooling.adaptive import AdaptiveAveragePooling, AdaptiveMaxPooling
from core.layers.pooling.global_pooling import GlobalAveragePooling, GlobalMaxPooling
from core.layers.pooling.window_pooling import AveragePooling, MaxPooling


class MaxPooling1D(MaxPooling):
    """`MaxPooling` along time."""

    rank = 1


class AveragePooling1D(AveragePooling):
    """`AveragePooling` along time."""

    rank = 1


class GlobalMaxPooling1D(GlobalMaxPooling):
    """`GlobalMaxPooling` along time; it takes no mask, as in Keras."""

    rank = 1


class GlobalAveragePooling1D(GlobalAveragePooling):
    """y[c] = sum over steps t of mask[t] * x[t, c] / sum of mask: the mean of the steps that count; NaN where none does.

    Source: https://keras.io/api/layers/pooling_layers/global_average_pooling1d/
    """

    rank = 1
    supports_masking = True

    def call_with_backward(self, x: Array, *, mask: Array | None = None) -> tuple[Array, Backward]:
        """Return the mean of each channel; dx = mask * dy / sum of mask."""
        if mask is None:
            return super().call_with_backward(x)
        counts = np.expand_dims(mask.astype(bool), self.channel_axis)
        total = np.sum(np.where(counts, x, 0), axis=self.axes, keepdims=True)
        count = np.sum(counts, axis=self.axes, keepdims=True, dtype=x.dtype)
        y = total / count
        return (y if self.keepdims else np.squeeze(y, self.axes)), lambda dy: (
            counts * (self.with_axes(dy) / count),
            {},
        )

    def compute_mask(self, inputs: Array, mask: Array | None) -> None:
        """Time is gone, and its mask with it."""


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """`AdaptiveMaxPooling` along time."""

    rank = 1


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """`AdaptiveAveragePooling` along time."""

    rank = 1
