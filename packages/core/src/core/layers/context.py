"""What a pass through a network is for: predicting or learning, with which random numbers, and what it has to give."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


class Charges(Protocol):
    """What outputs of layers cost beside the loss: `charge` takes note of what a layer gave, and returns its gradient."""

    def __contains__(self, layer: object) -> bool: ...

    def charge(self, layer: Any, outputs: Any) -> Any:
        """Take note of the outputs of a layer that is contained, and return the gradient of their cost."""


@dataclass(frozen=True)
class Context:
    """One pass. `training` is None where nobody says: then a call trains where its record in the graph says so.

    `draws` is False where only a record says that a model trains and nobody gave a generator: what draws at random then
    stays as in prediction. `wants_inputs` tells whether anybody asks for the gradient of the inputs.
    """

    training: bool | None = None
    rng: np.random.Generator | None = None
    draws: bool = True
    wants_inputs: bool = True
    charges: Charges | None = None


#: A pass of which nothing more is said, and a prediction.
PLAIN = Context()
PREDICTING = Context(training=False)
