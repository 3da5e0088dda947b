"""A cell is one time step of a recurrent network: (input, state) -> (output, new state).

It tells the part of a step that needs no state from the rest, so that a loop computes that part for a whole sequence at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from core.arrays import Array, Shape, known_size
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, join
from core.layers.recurrent.loop import State, StateBackward, TimeStep
from core.layers.work import Work
from core.nests import leaves

#: The part of a step that needs no state, for one time step or for all of them at once: x -> (projected, backward).
Project: TypeAlias = Callable[[Array], tuple[Array, Backward]]
#: Calls of NumPy in one time step of a cell.
STEP_CALLS = 20


class Cell(Layer):
    """The common part of all cells: what a loop asks them, and one step by itself.

    ``(output, new_state), backward = cell.learn(x, state)``, and
    ``dx, gradients = backward((d_output, d_new_state))``, dx with the names `inputs` and `states`.
    """

    @property
    def state_size(self) -> tuple[int, ...]:
        """The size of each array of the state, along its last axis."""
        raise NotImplementedError

    @property
    def output_size(self) -> int:
        """The size of the output, along its last axis."""
        return self.state_size[0]

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, inputs) -> (batch, units)."""
        return (input_shape[0], self.output_size)

    def state_shapes(self, input_shape: Shape) -> list[Shape]:
        """Return the shape of each array of the state."""
        return [(input_shape[0], size) for size in self.state_size]

    def begin(
        self,
        input_shape: tuple[int, ...],
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[Project, TimeStep]:
        """Return `project` and `step` for one sequence of inputs; what they drop in training is the same at all its steps."""
        raise NotImplementedError

    def look(self, projected: Array, state: State) -> tuple[dict[str, Array], Array, State]:
        """Take one step, and return every gate and state by name, the output and the new state."""
        raise NotImplementedError

    def step_work(self, input_shape: Shape) -> Work:
        """Return what one time step costs, for an input of a known shape."""
        return _step_work(self, input_shape, self.state_shapes(input_shape))

    def call_with_backward(
        self,
        inputs: Array,
        states: Any,
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[tuple[Array, State], Backward]:
        """Project the input and take one step."""
        project, step = self.begin(inputs.shape, training=training, rng=rng, wants_backward=wants_backward)
        projected, project_backward = project(inputs)
        output, new_state, step_backward = step(projected, tuple(leaves(states)))

        def backward(dy: Any) -> tuple[dict[str, Any], Gradients]:
            d_output, d_state = dy
            d_projected, d_before, gradients = step_backward(d_output, tuple(d_state))
            dx, found = project_backward(d_projected)
            return {"inputs": dx, "states": list(d_before)}, join(found, gradients)

        return (output, new_state), backward


class WholeCell:
    """A cell of your own, seen as a `Cell`: a layer with a `state_size`, which is called whole at every step.

    It learns where it has ``(output, new_state), backward = cell.call_with_backward(x, state)`` and
    ``(dx, d_state), gradients = backward((d_output, d_new_state))``.
    """

    def __init__(self, layer: Any) -> None:
        self.layer = layer
        self.state_size: tuple[int, ...] = tuple(leaves(layer.state_size))  # Keras allows a number for a single one
        size = getattr(layer, "output_size", None)
        self.output_size = self.state_size[0] if size is None else int(size)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, inputs) -> (batch, output_size)."""
        return (input_shape[0], self.output_size)

    def state_shapes(self, input_shape: Shape) -> list[Shape]:
        """Return the shape of each array of the state."""
        return [(input_shape[0], size) for size in self.state_size]

    def begin(
        self,
        input_shape: tuple[int, ...],
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[Project, TimeStep]:
        """Leave the whole work to the step."""
        del input_shape

        def step(x: Array, state: State) -> tuple[Array, State, StateBackward]:
            if not wants_backward:
                output, new_state = self.layer.forward(x, state, training=training, rng=rng)
                return output, tuple(new_state), _unwanted
            (output, new_state), layer_backward = self.layer.learn(x, state, training=training, rng=rng)

            def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
                (dx, d_before), gradients = layer_backward((d_output, d_state))
                return dx, tuple(d_before), gradients

            return output, tuple(new_state), backward

        return (lambda x: (x, lambda dx: (dx, {}))), step

    def look(self, projected: Array, state: State) -> tuple[dict[str, Array], Array, State]:
        """Raise `InputError`: nobody knows."""
        raise InputError(f"{self.layer} does not say what its gates are")

    def step_work(self, input_shape: Shape) -> Work:
        """Return what one time step costs, for an input of a known shape."""
        return _step_work(self.layer, input_shape, self.state_shapes(input_shape))


def as_cell(layer: Any) -> Cell | WholeCell:
    """Return what a loop asks of any cell. Raises `InputError` for a layer that is not a cell."""
    if not isinstance(layer, Layer) or not hasattr(layer, "state_size"):
        raise InputError(f"cell must be a layer with a state_size, got {layer!r}")
    return layer if isinstance(layer, Cell) else WholeCell(layer)


def _unwanted(*_: Any) -> Any:
    raise AssertionError("nobody wanted to go back")


def _step_work(layer: Layer, input_shape: Shape, state_shapes: list[Shape]) -> Work:
    adds = (input_shape[0] or 0) * (layer.multiply_adds(input_shape) or 0)
    numbers = sum(known_size(shape) or 0 for shape in state_shapes) * STEP_CALLS
    return Work(adds + numbers, numbers * layer.number_bytes)
