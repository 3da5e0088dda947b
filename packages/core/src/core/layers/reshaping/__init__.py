"""Borders and up-sampling for any number of axes, and their one-dimensional forms; `vision.layers` holds the others."""

from core.layers.reshaping.borders import Cropping, ZeroPadding
from core.layers.reshaping.one_dimensional import Cropping1D, UpSampling1D, ZeroPadding1D
from core.layers.reshaping.up_sampling import UpSampling

LAYERS = {layer.__name__: layer for layer in (Cropping1D, UpSampling1D, ZeroPadding1D)}

__all__ = ["LAYERS", "Cropping", "Cropping1D", "UpSampling", "UpSampling1D", "ZeroPadding", "ZeroPadding1D"]
