"""Regularisation: what only training sees, and the identity at inference."""

from core.layers.regularization.activity import ActivityRegularization
from core.layers.regularization.alpha_dropout import AlphaDropout
from core.layers.regularization.gaussian import GaussianDropout, GaussianNoise

LAYERS = {
    layer.__name__: layer
    for layer in (
        ActivityRegularization,
        AlphaDropout,
        GaussianDropout,
        GaussianNoise,
    )
}

__all__ = ["LAYERS", "ActivityRegularization", "AlphaDropout", "GaussianDropout", "GaussianNoise"]
