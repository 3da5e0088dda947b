"""When the loss is not a number any more, training stops, and says where the numbers broke."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from core.errors import KacaError
from core.graph.network import Network
from core.graph.nodes import Node
from core.layers.gradients import Gradient, Slot
from core.layers.trainable import parameters
from core.nests import leaves

_ADVICE = "try a smaller learning rate, clipnorm=1.0, or inputs scaled to about -1 to 1"


class DivergedError(KacaError):
    """The loss or a gradient became NaN or infinite."""


def diverged(model: Network, x: Any, step: int, loss: float) -> DivergedError:
    """Return an error that names the first parameter or layer that is not finite."""
    for parameter in parameters(model):
        if not np.isfinite(parameter.value).all():
            return DivergedError(f"step {step}: the loss is {loss}, because {parameter} is not finite; {_ADVICE}")
    broken: list[str] = []

    def watch(node: Node, output: Any) -> None:
        if not broken and not all(np.isfinite(part).all() for part in leaves(output) if part.dtype.kind == "f"):
            broken.append(str(node.layer))

    model.run(x, watch=watch)
    where = f"the output of {broken[0]} is not finite" if broken else "it became so in the loss itself"
    return DivergedError(f"step {step}: the loss is {loss}: {where}; {_ADVICE}")


def check_gradients(gradients: Mapping[Slot, Gradient], step: int) -> None:
    """Raise `DivergedError` naming the layer nearest to the loss whose gradient is not finite."""
    for (layer, name), gradient in reversed(list(gradients.items())):
        if not np.isfinite(np.sum(gradient.numbers())):  # not finite as soon as one number is not
            raise DivergedError(f"step {step}: the gradient of {name!r} of {layer} is not finite; {_ADVICE}")
