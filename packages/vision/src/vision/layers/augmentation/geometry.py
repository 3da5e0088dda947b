"""Augmentations that move pixels, but not by an affine map: mirroring, cropping, bending."""

from __future__ import annotations

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer, one_of
from core.errors import InputError
from vision.augmentation import flip
from vision.layers.augmentation.base import Augmentation
from vision.layers.resizing.aspect import crop_amounts
from vision.layers.resizing.resize import resize

_MIRRORS = ("horizontal", "vertical", "horizontal_and_vertical")


class RandomFlip(Augmentation):
    """Mirrors images in training, each with probability 1/2: ``mode`` horizontal (left to right), vertical, or both."""

    options = ("mode",)

    def transform(self, images: Array, rng: np.random.Generator | None) -> Array:
        """Mirror some images."""
        mode = one_of(self.config.get("mode", "horizontal_and_vertical"), "mode", _MIRRORS)
        return flip(images, self.generator(rng), horizontal="horizontal" in mode, vertical="vertical" in mode)


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

    def transform(self, images: Array, rng: np.random.Generator | None) -> Array:
        """Return one part of all images of a batch: drawn where they are larger, else their middle, resized."""
        images = images.astype(self.dtype.compute_dtype, copy=False)
        size = self._size()
        margins = [have - want for have, want in zip(images.shape[1:3], size, strict=True)]
        if min(margins) > 0:
            top, left = (int(start) for start in self.generator(rng).integers(0, np.add(margins, 1)))
        else:
            (top, _), (left, _) = crop_amounts(images.shape[1:3], size)
        part = images[:, top : top + size[0], left : left + size[1]]
        if part.shape[1:3] != size:
            part = resize(part, size, "bilinear").astype(images.dtype, copy=False)
        return part

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the size that Keras announces."""
        return self.join_shape(input_shape[0], self._size(), self.split_shape(input_shape)[1])

    def _size(self) -> tuple[int, int]:
        missing = [name for name in ("height", "width") if name not in self.config]
        if missing:
            raise InputError(f"option {missing[0]} is missing")
        return integer(self.config["height"], "height"), integer(self.config["width"], "width")


class MaxNumBoundingBoxes(Augmentation):
    """Limits the boxes that come with an image; the image itself is left alone."""

    options = ("max_number", "fill_value")
    casts = False
