"""Everything that core brings to `load_model`: its layers, and the models that may stand inside one another."""

from core.functional import Functional
from core.layers import LAYERS as PLAIN_LAYERS
from core.operations import OPERATIONS
from core.sequential import Sequential

__all__ = ["LAYERS", "OPERATIONS"]

LAYERS = PLAIN_LAYERS | {"Sequential": Sequential, "Functional": Functional, "Model": Functional}
