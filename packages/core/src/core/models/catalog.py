"""The models that may stand inside one another, by the class name under which Keras writes them."""

from core.models.functional import Functional
from core.models.sequential import Sequential

__all__ = ["LAYERS"]

#: What this package brings to `core.load_model`.
LAYERS = {"Sequential": Sequential, "Functional": Functional}
