"""Augmentations that are affine maps: images turned, shifted, zoomed or slanted at random.

A matrix [[a0, a1, a2], [b0, b1, b2]] says where each pixel (column j, row i) comes from; the layers differ in how they draw
it. See `vision.affine`.
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.checks import number, one_of
from vision.affine import FILL_MODES, affine_transform, matrices, shifts
from vision.layers.augmentation.base import Augmentation


class Affine(Augmentation):
    """Moves the pixels of each image by an affine map of its own in training; options `fill_mode` and `interpolation`."""

    def transform(self, images: Array, rng: np.random.Generator | None) -> Array:
        """Move each image."""
        return affine_transform(
            images,
            self.maps(images, self.generator(rng)),
            fill_mode=one_of(self.config.get("fill_mode", "reflect"), "fill_mode", tuple(FILL_MODES)),
            interpolation=one_of(
                self.config.get("interpolation", "bilinear"), "interpolation", ("nearest", "bilinear")
            ),
            fill_value=number(self.config.get("fill_value", 0.0), "fill_value"),
        )

    def maps(self, images: Array, rng: np.random.Generator) -> Array:
        """Draw the matrix of each image, (batch, 2, 3)."""
        raise NotImplementedError

    def draw(self, option: str, images: Array, rng: np.random.Generator) -> Array:
        """Draw one number for each image from the range that an option names, (-u, u) where it is one number u."""
        return rng.uniform(*self.bounds(-1.0, option), size=len(images)).astype(np.float32)  # as Keras draws


class RandomRotation(Affine):
    """Turns each image around its middle, by t = 2 pi u with u drawn from `factor`:

    column = j cos t - i sin t, row = j sin t + i cos t, with j and i measured from the middle.
    """

    options = ("factor", "fill_mode", "interpolation", "seed", "fill_value")

    def maps(self, images: Array, rng: np.random.Generator) -> Array:
        """Return the rotations."""
        angle = 2 * np.pi * self.draw("factor", images, rng)
        cos, sin = np.cos(angle), np.sin(angle)
        x, y = (images.shape[2] - 1) / 2, (images.shape[1] - 1) / 2
        return matrices([cos, -sin, x - x * cos + y * sin], [sin, cos, y - x * sin - y * cos])


class RandomTranslation(Affine):
    """Shifts each image by u times its height and v times its width: column = j - v width, row = i - u height."""

    options = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def maps(self, images: Array, rng: np.random.Generator) -> Array:
        """Return the shifts."""
        down = self.draw("height_factor", images, rng) * images.shape[1]
        right = self.draw("width_factor", images, rng) * images.shape[2]
        return shifts(down, right)


class RandomZoom(Affine):
    """Shrinks each image to 1 / (1 + u) of its height and 1 / (1 + v) of its width; a negative draw enlarges it.

    column = (1 + v) j, row = (1 + u) i, with j and i measured from the middle; without `width_factor` v = u.
    """

    options = ("height_factor", "width_factor", "fill_mode", "interpolation", "seed", "fill_value")

    def maps(self, images: Array, rng: np.random.Generator) -> Array:
        """Return the zooms."""
        down = 1 + self.draw("height_factor", images, rng)
        across = down if self.config.get("width_factor") is None else 1 + self.draw("width_factor", images, rng)
        x, y = (images.shape[2] - 1) / 2 * (1 - across), (images.shape[1] - 1) / 2 * (1 - down)
        return matrices([across, 0, x], [0, down, y])


class RandomShear(Affine):
    """Slants each image: column = j + u i, row = i + v j; in half of the images u and v are negative.

    u is drawn from `x_factor`, v from `y_factor`, both from 0 to 1; one number f means (-f, f), as Keras reads it.
    """

    options = ("x_factor", "y_factor", "interpolation", "fill_mode", "fill_value")

    def maps(self, images: Array, rng: np.random.Generator) -> Array:
        """Return the slants."""
        sign = np.where(rng.random(len(images)) > 0.5, -1, 1).astype(np.float32)
        down = self.draw("y_factor", images, rng) * sign if self.config.get("y_factor") else 0
        across = self.draw("x_factor", images, rng) * sign if self.config.get("x_factor") else 0
        return matrices([1, across, 0], [down, 1, 0])
