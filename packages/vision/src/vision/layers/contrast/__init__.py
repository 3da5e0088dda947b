"""Layers that stretch or spread the values of images, at inference too."""

from vision.layers.contrast.adaptive_equalization import ContrastLimitedAdaptiveHistogramEqualization
from vision.layers.contrast.auto_contrast import AutoContrast

LAYERS = {layer.__name__: layer for layer in (AutoContrast, ContrastLimitedAdaptiveHistogramEqualization)}

__all__ = ["LAYERS", "AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization"]
