"""A stack of cells is a cell again: within one time step, each takes what the one below gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, join
from core.layers.names import snake_case
from core.layers.registry import build_layer
from core.layers.work import CALL, Work
from core.nests import leaves
from core.ops.recurrence import State, Step
from core.ops.recurrence_gradient import StepAndBack, StepBack
from text.layers.recurrent.cell import Cell, Project, ProjectAndBack
from text.layers.recurrent.one_step import one_step_and_back

#: Calls of NumPy in one time step of a cell.
STEP_CALLS = 20


class StackedRNNCells(Layer):
    """y = cell_n(... cell_2(cell_1(x, s_1), s_2) ..., s_n): (batch, inputs) -> (batch, units of the last cell).

    The state is that of all cells, one after the other. Source: https://keras.io/api/layers/recurrent_layers/stacked_rnn_cell/
    """

    def __init__(self, cells: Sequence[Layer], **common: Any) -> None:
        super().__init__(**common)
        if not isinstance(cells, list | tuple) or not cells:
            raise InputError(f"cells must be a list of cells, got {cells!r}")
        if not all(isinstance(cell, Layer) and hasattr(cell, "state_size") for cell in cells):
            raise InputError(f"every cell must be a layer with a state_size, got {list(cells)!r}")
        self.cells = list(cells)
        self.children = dict(_numbered(self.cells))

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the cells that the config describes."""
        entries = config.get("cells")
        if not isinstance(entries, list) or not all(isinstance(entry, Mapping) for entry in entries):
            raise UnsupportedLayerError(f"StackedRNNCells must list its cells, got {str(entries)[:200]}")
        return super().from_config({**config, "cells": [build_layer(entry) for entry in entries]})

    @property
    def state_size(self) -> tuple[int, ...]:
        """The size of each array of the state, those of the first cell first."""
        return tuple(size for cell in self.cells for size in state_sizes_of(cell))

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return output_size_of(self.cells[-1])

    def build(self, input_shape: Shape) -> None:
        """Build each cell for what the one below gives."""
        for cell in self.cells:
            cell.build(input_shape)
            input_shape = (input_shape[0], output_size_of(cell))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, inputs) -> (batch, units)."""
        return (input_shape[0], self.output_size)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of all cells."""
        total = 0
        for cell in self.cells:
            each = cell.multiply_adds(input_shape)
            if each is None:
                return None
            total += each
            input_shape = (input_shape[0], output_size_of(cell))
        return total

    def call(
        self, inputs: Array, states: Any, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, State]:
        """Take one step with every cell."""
        project, step = self.begin(*inputs.shape, training=training, rng=rng)
        return step(project(inputs), tuple(leaves(states)))

    def begin(
        self, batch: int, inputs: int, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Project, Step]:
        """Give `project` of the first cell, and the step through all of them."""
        sizes = [inputs, *(output_size_of(cell) for cell in self.cells)]
        pairs = [
            begin_any(cell, batch, size, training=training, rng=rng)
            for cell, size in zip(self.cells, sizes[:-1], strict=True)
        ]

        def step(projected: Array, state: State) -> tuple[Array, State]:
            new_state: State = ()
            output = projected
            for index, ((project, take), own) in enumerate(zip(pairs, self._split(state), strict=True)):
                output, left = take(output if index == 0 else project(output), own)
                new_state += tuple(left)
            return output, new_state

        return pairs[0][0], step

    def call_with_backward(
        self, inputs: Array, states: Any, *, training: bool = True, rng: np.random.Generator | None = None
    ) -> tuple[tuple[Array, State], Backward]:
        """One step with every cell, and back through it."""
        return one_step_and_back(self, inputs, tuple(leaves(states)), training=training, rng=rng)

    def begin_and_back(
        self, batch: int, inputs: int, *, training: bool = True, rng: np.random.Generator | None = None
    ) -> tuple[ProjectAndBack, StepAndBack]:
        """Do as `begin`; the way back goes through the last cell first."""
        sizes = [inputs, *(output_size_of(cell) for cell in self.cells)]
        pairs = [
            begin_any_and_back(cell, batch, size, training=training, rng=rng)
            for cell, size in zip(self.cells, sizes[:-1], strict=True)
        ]

        def step(projected: Array, state: State) -> tuple[Array, State, StepBack]:
            new_state: State = ()
            output = projected
            ways: list[tuple[Backward | None, StepBack]] = []
            for index, ((project, take), own) in enumerate(zip(pairs, self._split(state), strict=True)):
                project_back = None
                if index > 0:
                    output, project_back = project(output)
                output, left, step_back = take(output, own)
                ways.append((project_back, step_back))
                new_state += tuple(left)

            def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
                gradients: Gradients = {}
                d_before: State = ()
                for (project_back, step_back), own in reversed(list(zip(ways, self._split(d_state), strict=True))):
                    d_output, d_own, found = step_back(d_output, own)
                    gradients, d_before = join(found, gradients), (*d_own, *d_before)
                    if project_back is not None:
                        d_output, found = project_back(d_output)
                        gradients = join(found, gradients)
                return d_output, d_before, gradients

            return output, new_state, backward

        return pairs[0][0], step

    def look(self, projected: Array, state: State) -> tuple[dict[str, Array], Array, State]:
        """Take one step and give every gate and state by name, the number of its cell in front."""
        values: dict[str, Array] = {}
        new_state: State = ()
        output = projected
        for index, (cell, own) in enumerate(zip(self.cells, self._split(state), strict=True)):
            if not isinstance(cell, Cell):
                raise InputError(f"{self}: {cell} does not say what its gates are")
            seen, output, left = cell.look(output if index == 0 else cell.project(output), own)
            values |= {f"{index}/{name}": value for name, value in seen.items()}
            new_state += left
        return values, output, new_state

    def _split(self, state: State) -> Iterator[State]:
        """Share the state among the cells."""
        start = 0
        for cell in self.cells:
            count = len(state_sizes_of(cell))
            yield state[start : start + count]
            start += count


def work_of_cell(cell: Any, shape: Shape) -> Work:
    """Return what one time step of any cell costs, for an input (batch, inputs)."""
    if isinstance(cell, StackedRNNCells):
        total = Work()
        for inner in cell.cells:
            total = total.then(work_of_cell(inner, shape)).plus(STEP_CALLS * CALL)
            shape = (shape[0], output_size_of(inner))
        return total
    batch = shape[0] or 0
    adds = batch * (cell.multiply_adds(shape) or 0)
    numbers = batch * sum(state_sizes_of(cell)) * STEP_CALLS
    return Work(adds + numbers, numbers * cell.number_bytes)


def begin_any(
    cell: Any, batch: int, inputs: int, *, training: bool = False, rng: np.random.Generator | None = None
) -> tuple[Project, Step]:
    """Give `project` and `step` of any cell; one that does not tell the two apart is called whole at every step."""
    if hasattr(cell, "begin"):
        found: tuple[Project, Step] = cell.begin(batch, inputs, training=training, rng=rng)
        return found
    return (lambda x: x), (lambda x, state: cell.forward(x, state, training=training, rng=rng))


def begin_any_and_back(
    cell: Any, batch: int, inputs: int, *, training: bool = True, rng: np.random.Generator | None = None
) -> tuple[ProjectAndBack, StepAndBack]:
    """Do as `begin_any`, with the ways back; a cell of your own says its way back in `call_with_backward`.

    That is ``(output, new_state), backward = cell.call_with_backward(x, state)`` and
    ``(dx, d_state), gradients = backward((d_output, d_new_state))``.
    """
    if hasattr(cell, "begin_and_back"):
        found: tuple[ProjectAndBack, StepAndBack] = cell.begin_and_back(batch, inputs, training=training, rng=rng)
        return found

    def step(x: Array, state: State) -> tuple[Array, State, StepBack]:
        (output, new_state), whole_back = cell.learn(x, state, training=training, rng=rng)

        def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
            (dx, d_before), gradients = whole_back((d_output, d_state))
            return dx, tuple(d_before), gradients

        return output, tuple(new_state), backward

    return (lambda x: (x, lambda dx: (dx, {}))), step


def state_sizes_of(cell: Any) -> tuple[int, ...]:
    """Give the size of each array of a cell's state; Keras allows a number for a single one."""
    return tuple(leaves(cell.state_size))


def output_size_of(cell: Any) -> int:
    """Give the size of a cell's output, which is that of its first state where it does not say."""
    size = getattr(cell, "output_size", None)
    return state_sizes_of(cell)[0] if size is None else int(size)


def _numbered(cells: Sequence[Layer]) -> Iterator[tuple[str, Layer]]:
    """Name the cells as Keras names them in files: ``cells/lstm_cell``, ``cells/lstm_cell_1``, counted by class."""
    counts: dict[str, int] = {}
    for cell in cells:
        name = snake_case(type(cell).__name__)
        count = counts.get(name, 0)
        counts[name] = count + 1
        yield f"cells/{name}_{count}" if count else f"cells/{name}", cell
