"""Augmentations that change the color or the sharpness of pixels, but not their position."""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.errors import InputError
from vision.layers.augmentation.base import Augmentation
from vision.layers.value_range import Range, read_range


class ColorAugmentation(Augmentation):
    """Changes the colors of images within `value_range` (low, high), by as much as `factor` says."""

    options = ("factor", "value_range")
    casts = False

    def draw(self, images: Array, rng: np.random.Generator | None, bounds: Range) -> Array:
        """Draw one number for each image, (batch, 1, 1, 1), of their type. Raises `InputError` for whole-number images."""
        if images.dtype.kind != "f":
            raise InputError(f"{self} changes floating-point images in training, got {images.dtype}: cast them before")
        return self.generator(rng).uniform(*bounds, size=(len(images), 1, 1, 1)).astype(images.dtype)

    def value_range(self) -> Range:
        """Return the darkest and the lightest value."""
        return read_range(self.config.get("value_range", (0, 255)), sort=True)


class RandomBrightness(ColorAugmentation):
    """Makes each image lighter or darker in training: y = x + u * (high - low), cut off at `value_range` (low, high)."""

    def transform(self, images: Array, rng: np.random.Generator | None) -> Array:
        """Draw u from `factor`, (-factor, factor) where it is one number."""
        low, high = self.value_range()
        change = self.draw(images, rng, self.bounds(-1.0)) * images.dtype.type(high - low)
        return np.clip(images + change, images.dtype.type(low), images.dtype.type(high))


class RandomContrast(ColorAugmentation):
    """Moves pixels towards their mean or away from it in training: y = (x - mean) * u + mean, cut off at `value_range`.

    The mean is that of each channel of an image; u lies between 1 - lower and 1 + upper, of `factor` (lower, upper). For one
    number Keras takes (0, factor), so that such a layer only ever raises the contrast.
    """

    def transform(self, images: Array, rng: np.random.Generator | None) -> Array:
        """Draw u."""
        (low, high), (lower, upper) = self.value_range(), self.bounds(0.0)
        factor = self.draw(images, rng, (1 - lower, 1 + upper))
        mean = np.mean(images, axis=(1, 2), keepdims=True)
        return np.clip((images - mean) * factor + mean, images.dtype.type(low), images.dtype.type(high))


class RandomHue(ColorAugmentation):
    """Turns the color circle."""


class RandomSaturation(ColorAugmentation):
    """Makes colors stronger or paler."""


class RandomColorJitter(Augmentation):
    """Changes brightness, contrast, saturation and hue one after the other."""

    options = ("value_range", "brightness_factor", "contrast_factor", "saturation_factor", "hue_factor")
    casts = False


class RandomColorDegeneration(ColorAugmentation):
    """Mixes images with their grey version."""


class RandomGrayscale(Augmentation):
    """Turns some images grey."""

    options = ("factor",)
    casts = False


class RandomInvert(ColorAugmentation):
    """Turns some images into their negative."""


class RandomPosterization(ColorAugmentation):
    """Leaves fewer bits for each color."""


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
