"""Keras' augmentation layers, as what they are when a network predicts."""

from vision.layers.augmentation import color, geometry, mixing
from vision.layers.augmentation.base import Augmentation

LAYERS: dict[str, type[Augmentation]] = {**color.LAYERS, **geometry.LAYERS, **mixing.LAYERS}
