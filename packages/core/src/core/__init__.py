"""Open, run and look inside trained Keras models with nothing but NumPy.

>>> import core
>>> model = core.load_model("model.keras")  # doctest: +SKIP
>>> model.predict_classes(x)  # doctest: +SKIP
"""

from core.errors import InputError, KacaError, LimitError, ModelFileError, UnsupportedLayerError, WeightMismatchError
from core.graph.limits import Limits
from core.layers.base import Layer
from core.layers.registry import register_layer
from core.models.load import load_model
from core.models.model import Model
from core.models.sequential import Sequential

__version__ = "0.1.0"
__all__ = [
    "InputError",
    "KacaError",
    "Layer",
    "LimitError",
    "Limits",
    "Model",
    "ModelFileError",
    "Sequential",
    "UnsupportedLayerError",
    "WeightMismatchError",
    "load_model",
    "register_layer",
]
