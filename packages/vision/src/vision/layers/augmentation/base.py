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
from core.layers.spatial import SpatialLayer

#: Options that all of Keras' augmentation layers take.
_COMMON_OPTIONS = ("seed", "data_format", "bounding_box_format")


class Augmentation(SpatialLayer):
    """y = x: (batch, height, width, channels) unchanged.

    Raises `UnsupportedLayerError` for ``training=True`` where a layer does not say how it changes images: to return them
    as they are would be wrong without a word.
    Source: https://keras.io/api/layers/preprocessing_layers/image_augmentation/
    """

    rank = 2
    #: The names of the layer's own options, in Keras' order.
    options: ClassVar[tuple[str, ...]] = ()
    #: Whether whole-number images come out in the layer's type; some of Keras' layers leave them as they are.
    casts: ClassVar[bool] = True

    def __init__(self, *values: Any, **options: Any) -> None:
        if len(values) > len(self.options):
            raise InputError(f"{type(self).__name__} takes {len(self.options)} options by position, got {len(values)}")
        options = dict(zip(self.options, values, strict=False)) | options
        known = {*self.options, *_COMMON_OPTIONS}
        others = {name: value for name, value in options.items() if name not in known}
        super().__init__(options.get("data_format"), **others)
        self.config = options

    def call(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Return x, in training transformed."""
        x = x.astype(self.dtype.compute_dtype, copy=False) if self.casts else x
        return self.from_channels_last(self.transform(self.to_channels_last(x), rng)) if training else x

    def transform(self, images: Array, rng: np.random.Generator | None) -> Array:
        """Change (batch, height, width, channels) at random."""
        raise UnsupportedLayerError(
            f"{self} changes images at random while training, which Kaca does not do: use training=False"
        )

    def bounds(self, least: float, option: str = "factor") -> tuple[float, float]:
        """Return what the draw lies between, by an option: (max(-factor, least), factor), or its two numbers."""
        given = self.config.get(option)
        pair = sorted(given) if isinstance(given, list | tuple) and len(given) == 2 else None
        if pair is None:
            factor = abs(number(given, option, minimum=least, maximum=1.0))
            return max(-factor, least), factor
        return number(pair[0], option), number(pair[1], option)
