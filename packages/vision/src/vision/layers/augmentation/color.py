"""Augmentations that change the colour or the sharpness of pixels, but not their place."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.layers.regularization.gaussian import generator
from vision.layers.augmentation.base import Augmentation, floating, one_for_each


class RandomBrightness(Augmentation):
    """Makes each image lighter or darker in training: y = x + u * (high - low), cut off at `value_range` (low, high)."""

    options = ("factor", "value_range")
    casts = False

    def call(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return x, in training with u drawn from `factor`, (-factor, factor) where it is one number."""
        if not training:
            return super().call(x)
        images, (low, high) = floating(self, x), self.value_range()
        change = one_for_each(generator(self, rng), self.bounds(-1.0), images) * images.dtype.type(high - low)
        return np.clip(images + change, images.dtype.type(low), images.dtype.type(high))


class RandomContrast(Augmentation):
    """Moves pixels towards their mean or away from it in training: y = (x - mean) * u + mean, cut off at `value_range`.

    The mean is that of each channel of an image; u lies between 1 - lower and 1 + upper, of `factor` (lower, upper). For one
    number Keras takes (0, factor), so that such a layer only ever raises the contrast.
    """

    options = ("factor", "value_range")
    casts = False

    def call(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return x, in training with another contrast."""
        if not training:
            return super().call(x)
        images, (low, high) = floating(self, x), self.value_range()
        lower, upper = self.bounds(0.0)
        factor = one_for_each(generator(self, rng), (1 - lower, 1 + upper), images)
        first = self.config.get("data_format") == "channels_first"
        mean = np.mean(images, axis=(2, 3) if first else (1, 2), keepdims=True)
        return np.clip((images - mean) * factor + mean, images.dtype.type(low), images.dtype.type(high))


class RandomHue(Augmentation):
    """Turns the colour circle."""

    options = ("factor", "value_range")
    casts = False


class RandomSaturation(Augmentation):
    """Makes colours stronger or paler."""

    options = ("factor", "value_range")
    casts = False


class RandomColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue one after the other."""

    options = ("value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")
    casts = False


class RandomColorDegeneration(Augmentation):
    """Mixes images with their grey version."""

    options = ("factor", "value_range")
    casts = False


class RandomGrayscale(Augmentation):
    """Turns some images grey."""

    options = ("factor",)
    casts = False


class RandomInvert(Augmentation):
    """Turns some images into their negative."""

    options = ("factor", "value_range")
    casts = False


class RandomPosterization(Augmentation):
    """Leaves fewer bits for each colour."""

    options = ("factor", "value_range")
    casts = False


class RandomSharpness(Augmentation):
    """Sharpens or blurs images with a 3x3 kernel."""

    options = ("factor", "value_range")


class RandomGaussianBlur(Augmentation):
    """Blurs images with a Gaussian kernel."""

    options = ("factor", "kernel_size", "sigma", "value_range")


class Solarization(Augmentation):
    """Turns bright pixels into their negative."""

    options = ("addition_factor", "threshold_factor", "value_range")


class Equalization(Augmentation):
    """Spreads the grey levels of each channel evenly; Keras 3 does so only while training."""

    options = ("value_range", "bins")
    casts = False
