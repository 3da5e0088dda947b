"""Augmentations that move pixels: turning, shifting, zooming, cropping, bending."""

from __future__ import annotations

from core.arrays import Shape
from core.errors import InputError
from core.options import integer, one_of
from vision.layers.augmentation.base import Augmentation


class RandomFlip(Augmentation):
    """Mirrors images, left to right or top to bottom."""

    options = ("mode",)


class RandomRotation(Augmentation):
    """Turns images around their middle."""

    options = ("factor", "fill_mode", "interpolation", "seed", "fill_value")


class RandomTranslation(Augmentation):
    """Shifts images."""

    options = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")


class RandomZoom(Augmentation):
    """Enlarges or shrinks what the image shows."""

    options = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")


class RandomShear(Augmentation):
    """Slants images."""

    options = ("x_factor", "y_factor", "interpolation", "fill_mode", "fill_value")


class RandomPerspective(Augmentation):
    """Shows images as if seen from another side."""

    options = ("factor", "scale", "interpolation", "fill_value")


class RandomElasticTransform(Augmentation):
    """Bends images like rubber."""

    options = ("factor", "scale", "interpolation", "fill_mode", "fill_value", "value_range")


class RandomCrop(Augmentation):
    """Cuts a part of `height` by `width` out of images.

    Keras 3 cuts only while training. When it predicts, it announces images of the smaller size to the layers that
    follow, yet hands them the whole image; the same is done here, because a network was judged by what it then gave.
    """

    options = ("height", "width", "seed", "data_format")
    casts = False
    autocast = False

    def compute_output_shape(self, *shapes: Shape, **named_shapes: Shape) -> Shape:
        """Give the size that Keras announces."""
        missing = [name for name in ("height", "width") if name not in self.config]
        if missing:
            raise InputError(f"option {missing[0]} is missing")
        size = (integer(self.config["height"], "height"), integer(self.config["width"], "width"))
        batch, *sizes = shapes[0]
        last = self.config.get("data_format") or "channels_last"
        if one_of(last, "data_format", ("channels_last", "channels_first")) == "channels_last":
            return (batch, *size, sizes[-1])
        return (batch, sizes[0], *size)


class MaxNumBoundingBoxes(Augmentation):
    """Limits the boxes that come with an image; the image itself is left alone."""

    options = ("max_number", "fill_value")
    casts = False


LAYERS = {
    layer.__name__: layer
    for layer in (
        MaxNumBoundingBoxes, RandomCrop, RandomElasticTransform, RandomFlip, RandomPerspective, RandomRotation, RandomShear,
        RandomTranslation, RandomZoom,
    )
}  # fmt: skip
