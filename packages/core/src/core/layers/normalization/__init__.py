"""Normalisation: bring numbers to a common scale, over features, groups of channels, or a learned data set."""

from core.layers.normalization.group import GroupNormalization
from core.layers.normalization.layer import LayerNormalization
from core.layers.normalization.root_mean_square import RMSNormalization
from core.layers.normalization.spectral import SpectralNormalization
from core.layers.normalization.unit import UnitNormalization

LAYERS = {
    layer.__name__: layer
    for layer in (
        GroupNormalization,
        LayerNormalization,
        RMSNormalization,
        SpectralNormalization,
        UnitNormalization,
    )
}

__all__ = [
    "LAYERS",
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "SpectralNormalization",
    "UnitNormalization",
]
