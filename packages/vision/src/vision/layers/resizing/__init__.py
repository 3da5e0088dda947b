"""Layers that change the size of images, and the interpolations behind them."""

from vision.layers.resizing.center_crop import CenterCrop
from vision.layers.resizing.resizing import Resizing

LAYERS = {layer.__name__: layer for layer in (CenterCrop, Resizing)}

__all__ = ["LAYERS", "CenterCrop", "Resizing"]
