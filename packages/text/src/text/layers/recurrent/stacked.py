"""A stack of cells is a cell again: within one time step, each takes what the one below gave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, join
from core.layers.names import numbered
from core.layers.recurrent.cell import STEP_CALLS, Cell, Project, as_cell
from core.layers.recurrent.loop import State, StateBackward, TimeStep
from core.layers.registry import build_layer
from core.layers.work import CALL, Work


class StackedRNNCells(Cell):
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
        self.children = {f"cells/{name}": cell for name, cell in numbered(self.cells).items()}

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
        return tuple(size for cell in self.cells for size in as_cell(cell).state_size)

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        return as_cell(self.cells[-1]).output_size

    def build(self, input_shape: Shape) -> None:
        """Build each cell for what the one below gives."""
        for cell, shape in self._with_shapes(input_shape):
            cell.build(shape)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of all cells."""
        each = [cell.multiply_adds(shape) for cell, shape in self._with_shapes(input_shape)]
        return None if None in each else sum(count or 0 for count in each)

    def step_work(self, input_shape: Shape) -> Work:
        """That of all cells, one after the other."""
        total = Work()
        for cell, shape in self._with_shapes(input_shape):
            total = total.then(as_cell(cell).step_work(shape)).plus(STEP_CALLS * CALL)
        return total

    # --- one time step ----------------------------------------------------------------------------------------------

    def begin(
        self,
        input_shape: tuple[int, ...],
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[Project, TimeStep]:
        """Return `project` of the first cell, and the step through all of them; back through the last cell first."""
        pairs = [
            as_cell(cell).begin(shape, training=training, rng=rng, wants_backward=wants_backward)
            for cell, shape in self._with_shapes(input_shape)
        ]

        def step(output: Array, state: State) -> tuple[Array, State, StateBackward]:
            new_state: State = ()
            backwards: list[tuple[Backward | None, StateBackward]] = []
            for index, ((project, take), own) in enumerate(zip(pairs, self._split(state), strict=True)):
                project_backward = None
                if index > 0:
                    output, project_backward = project(output)
                output, own_new, take_backward = take(output, own)
                backwards.append((project_backward, take_backward))
                new_state += own_new

            def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
                gradients: Gradients = {}
                d_before: State = ()
                pairs_back = zip(backwards, self._split(d_state), strict=True)
                for (project_backward, take_backward), own in reversed(list(pairs_back)):
                    d_output, d_own, found = take_backward(d_output, own)
                    gradients, d_before = join(found, gradients), (*d_own, *d_before)
                    if project_backward is not None:
                        d_output, found = project_backward(d_output)
                        gradients = join(found, gradients)
                return d_output, d_before, gradients

            return output, new_state, backward

        return pairs[0][0], step

    def look(self, projected: Array, state: State) -> tuple[dict[str, Array], Array, State]:
        """Take one step, and return every gate and state by name, the number of its cell in front."""
        values: dict[str, Array] = {}
        new_state: State = ()
        output = projected
        for index, (cell, own) in enumerate(zip(map(as_cell, self.cells), self._split(state), strict=True)):
            if index > 0:
                project, _ = cell.begin(output.shape)
                output, _ = project(output)
            named, output, own_new = cell.look(output, own)
            values |= {f"{index}/{name}": value for name, value in named.items()}
            new_state += own_new
        return values, output, new_state

    def _with_shapes(self, input_shape: Any) -> Iterator[tuple[Any, Any]]:
        """Go through the cells with the shape that each takes."""
        for cell in self.cells:
            yield cell, input_shape
            input_shape = as_cell(cell).compute_output_shape(input_shape)

    def _split(self, state: State) -> Iterator[State]:
        """Share the state among the cells."""
        start = 0
        for cell in self.cells:
            count = len(as_cell(cell).state_size)
            yield state[start : start + count]
            start += count
