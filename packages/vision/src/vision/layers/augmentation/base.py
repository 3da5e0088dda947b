"""Augmentation changes images at random while a network trains; when it predicts, every such layer is y = x.

So one class is all of them, and a layer is no more than its name and the names of its options. The options are kept,
because a model can be saved again, but none of them changes what comes out.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from core.arrays import Array
from core.checks import number
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer

#: Options that all of Keras' augmentation layers take.
_COMMON_OPTIONS = ("seed", "data_format", "bounding_box_format")


class Augmentation(Layer):
    """y = x: (batch, height, width, channels) unchanged.

    Raises `UnsupportedLayerError` for ``training=True`` where a layer does not say how it changes images: to return them
    as they are would be wrong without a word.
    Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/
    """

    #: The names of the layer's own options, in Keras' order.
    options: ClassVar[tuple[str, ...]] = ()
    #: Whether whole-number images come out in the layer's type; some of Keras' layers leave them as they are.
    casts: ClassVar[bool] = True

    def __init__(self, *values: Any, **options: Any) -> None:
        if len(values) > len(self.options):
            raise InputError(f"{type(self).__name__} takes {len(self.options)} options by position, got {len(values)}")
        options = dict(zip(self.options, values, strict=False)) | options
        known = {*self.options, *_COMMON_OPTIONS}
        super().__init__(**{name: value for name, value in options.items() if name not in known})
        self.config = options

    def build(self, *shapes: Any, **named_shapes: Any) -> None:
        """Expect a batch of images."""
        if len(shapes[0]) != 4:
            raise InputError(f"expects images, (batch, height, width, channels), got the shape {shapes[0]}")
        self.expect(rank=4)

    def call(self, x: Array, *, training: bool = False) -> Array:
        """Return x."""
        if training:
            raise UnsupportedLayerError(
                f"{self} changes images at random while training, which Kaca does not do: use training=False"
            )
        return x.astype(self.dtype.compute_dtype, copy=False) if self.casts else x

    def bounds(self, least: float, option: str = "factor") -> tuple[float, float]:
        """Give what the draw lies between, by an option: (max(-factor, least), factor), or its two numbers."""
        given = self.config.get(option)
        pair = sorted(given) if isinstance(given, list | tuple) and len(given) == 2 else None
        if pair is None:
            factor = abs(number(given, option, minimum=least, maximum=1.0))
            return max(-factor, least), factor
        return number(pair[0], option), number(pair[1], option)

    def value_range(self) -> tuple[float, float]:
        """Give the darkest and the lightest value, by the option of that name."""
        low, high = self.config.get("value_range", (0, 255))
        return number(low, "value_range"), number(high, "value_range")


def floating(layer: Layer, x: Array) -> Array:
    """Give the images where they are floating-point numbers. Raises `InputError` for others."""
    if x.dtype.kind != "f":
        raise InputError(f"{layer} changes floating-point images in training, got {x.dtype}: cast them before")
    return x


def one_for_each(rng: np.random.Generator, bounds: tuple[float, float], images: Array) -> Array:
    """Draw one number for each image, (batch, 1, 1, 1)."""
    return rng.uniform(*bounds, size=(len(images), 1, 1, 1)).astype(images.dtype)
