"""A cell by itself takes one step: the projection of the input and what depends on the state, one after the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.layers.gradients import Backward, Gradients, join
from core.ops.recurrence import State


def one_step_and_back(
    cell: Any, inputs: Array, state: State, *, training: bool, rng: np.random.Generator | None
) -> tuple[tuple[Array, State], Backward]:
    """Take one step with any cell that tells projection and step apart, and give the way back through both.

    ``dx, gradients = backward((d_output, d_new_state))``, dx with the names `inputs` and `states`.
    """
    project, step = cell.begin_and_back(*inputs.shape, training=training, rng=rng)
    projected, project_back = project(inputs)
    output, new_state, step_back = step(projected, state)

    def backward(dy: Any) -> tuple[dict[str, Any], Gradients]:
        d_output, d_state = dy
        d_projected, d_before, gradients = step_back(d_output, tuple(d_state))
        dx, found = project_back(d_projected)
        return {"inputs": dx, "states": list(d_before)}, join(found, gradients)

    return (output, new_state), backward
