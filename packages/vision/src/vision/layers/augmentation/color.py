"""Augmentations that change the colour or the sharpness of pixels, but not their place."""

from __future__ import annotations

from vision.layers.augmentation.base import Augmentation


class RandomBrightness(Augmentation):
    """Makes images lighter or darker."""

    options = ("factor", "value_range")
    casts = False


class RandomContrast(Augmentation):
    """Moves pixels towards their mean or away from it."""

    options = ("factor", "value_range")
    casts = False


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


LAYERS = {
    layer.__name__: layer
    for layer in (
        Equalization, RandomBrightness, RandomColorDegeneration, RandomColorJitter, RandomContrast, RandomGaussianBlur,
        RandomGrayscale, RandomHue, RandomInvert, RandomPosterization, RandomSaturation, RandomSharpness, Solarization,
    )
}  # fmt: skip
