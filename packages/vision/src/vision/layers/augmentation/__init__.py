"""Keras' augmentation layers, as what they are when a network predicts."""

from vision.layers.augmentation import affine, color, geometry, mixing
from vision.layers.augmentation.base import Augmentation

LAYERS: dict[str, type[Augmentation]] = {**affine.LAYERS, **color.LAYERS, **geometry.LAYERS, **mixing.LAYERS}
