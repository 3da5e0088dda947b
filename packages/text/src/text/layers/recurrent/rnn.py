"""A recurrent layer is a cell and the loop over time around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, cast

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, join
from core.layers.recurrent.base import Recurrent, check_mask
from core.layers.registry import build_layer
from core.layers.work import Work
from core.ops import recurrence
from core.ops.recurrence import State
from text.kernels.recurrence import Half
from text.layers.recurrent.cell import Cell
from text.layers.recurrent.stacked import (
    STEP_CALLS,
    StackedRNNCells,
    begin_any,
    begin_any_and_back,
    output_size_of,
    state_sizes_of,
    work_of_cell,
)


class RNN(Recurrent):
    """Any cell over time: (batch, time, inputs) -> (batch, units), or (batch, time, units) with `return_sequences`.

    Sequences, states and masks are those of `core.layers.recurrent.base.Recurrent`.
    Source: https://keras.io/api/layers/recurrent_layers/rnn/
    """

    def __init__(
        self,
        cell: Any,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **common: Any,
    ) -> None:
        super().__init__(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **common,
        )
        self.cell: Layer = StackedRNNCells(cell) if isinstance(cell, list | tuple) else cell
        if not isinstance(self.cell, Layer) or not hasattr(self.cell, "state_size"):
            raise InputError(f"cell must be a layer with a state_size, or a list of such, got {cell!r}")
        self.children = {"cell": self.cell}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the layer, and its cell or list of cells where the config describes one."""
        cell = config.get("cell")
        if isinstance(cell, Mapping):
            config = {**config, "cell": build_layer(cell)}
        elif isinstance(cell, list) and all(isinstance(entry, Mapping) for entry in cell):
            config = {**config, "cell": [build_layer(entry) for entry in cell]}
        return super().from_config(config)

    # --- shapes -----------------------------------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state: Any = None) -> None:
        """Build the cell for one time step."""
        if len(sequences_shape) < 3:
            raise UnsupportedLayerError(f"{self} needs an input (batch, time, inputs), got {sequences_shape}")
        self.expect(rank=len(sequences_shape), axes={-1: sequences_shape[-1]})
        self.cell.build((sequences_shape[0], *sequences_shape[2:]))

    def compute_output_shape(self, sequences_shape: Shape, initial_state: Any = None) -> Any:
        """(batch, time, inputs) -> (batch, units) or (batch, time, units), and the shape of each state."""
        batch, time, *_ = sequences_shape
        size = output_size_of(self.cell)
        output = (batch, time, size) if self.return_sequences else (batch, size)
        return (output, *((batch, state) for state in state_sizes_of(self.cell))) if self.return_state else output

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the cell, once for each time step; unknown where the length is."""
        each = self.cell.multiply_adds((input_shape[0], *input_shape[2:]))
        return None if each is None or input_shape[1] is None else each * input_shape[1]

    def work(self, sequences_shape: Any, initial_state: Any = None) -> Work:
        """That of the cell at every time step, and the products of all inputs before."""
        batch, time, *inner = sequences_shape
        columns = max(self.cell.parameter_shapes.get("kernel", (0, inner[-1]))[-1], inner[-1])
        inside = 2 * batch * time * columns * self.number_bytes
        outputs = batch * output_size_of(self.cell) * (time if self.return_sequences else 1)
        each = work_of_cell(self.cell, (batch, *inner))
        return each.times(time, STEP_CALLS).plus(outputs, inside + outputs * self.number_bytes)

    @property
    def state_count(self) -> int:
        """The number of arrays in the cell's state."""
        return len(state_sizes_of(self.cell))

    # --- the fast form ----------------------------------------------------------------------------------------------

    def half(self) -> Half | None:
        """Give the fast form of one direction, if the cell has one and nothing is kept between calls."""
        cell = self.cell.fast_cell() if isinstance(self.cell, Cell) else None
        return None if cell is None or self.stateful or self.return_state else Half(cell, self.go_backwards)

    # --- the loop ---------------------------------------------------------------------------------------------------

    def call(
        self,
        sequences: Array,
        initial_state: Any = None,
        *,
        mask: Any = None,
        training: bool = False,
        rng: np.random.Generator | None = None,
    ) -> Any:
        """Run the cell over the time steps of `sequences`."""
        self.check_input(sequences)
        batch, inputs = len(sequences), sequences.shape[-1]
        project, step = begin_any(self.cell, batch, inputs, training=training, rng=rng)
        output, state = self.loop(step, project(sequences), self._first_state(batch, initial_state), mask)
        return (output, *state) if self.return_state else output

    def call_with_backward(
        self,
        sequences: Array,
        initial_state: Any = None,
        *,
        mask: Any = None,
        training: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[Any, Backward]:
        """Back through time, then through the projection of all time steps at once."""
        self.check_input(sequences)
        batch, inputs = len(sequences), sequences.shape[-1]
        project, step = begin_any_and_back(self.cell, batch, inputs, training=training, rng=rng)
        projected, project_back = project(sequences)
        first = self._first_state(batch, initial_state)
        output, state, run_back = self.loop_and_back(step, projected, first, mask)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            d_output, *d_last = dy if self.return_state else (dy,)
            d_state = tuple(d_last) if d_last else tuple(np.zeros_like(value) for value in state)
            d_projected, d_first, gradients = run_back(d_output, d_state)
            dx, found = project_back(d_projected)
            gradients = join(found, gradients)
            if initial_state is None:
                return dx, gradients
            return {"sequences": dx, "initial_state": list(d_first)}, gradients

        return (output, *state) if self.return_state else output, backward

    def trace(self, x: Array, mask: Array | None = None, initial_state: Any = None) -> dict[str, Array]:
        """Give every gate and state at every time step by name, each (batch, time, units): ``{"i": ..., "f": ...}``.

        The time steps stand in the order of the input, also with `go_backwards`. A masked one repeats what was
        computed before it, zeros at first. The gates are those of the cell (`gate_names`), the states `hidden_state`
        and, for an LSTM, `cell_state`; those of a stack have the cell's number in front (``"0/i"``).
        """
        x = x.astype(self.dtype.compute_dtype, copy=False)
        cell = cast(Any, self.cell)
        if not hasattr(cell, "look"):
            raise InputError(f"{self}: {cell} does not say what its gates are")
        project, _ = begin_any(cell, len(x), x.shape[-1])
        sizes: dict[str, int] = {}

        def step(projected: Array, state: State) -> tuple[Array, State]:
            values, _, new_state = cell.look(projected, state)
            sizes.update((name, value.shape[-1]) for name, value in values.items())
            return np.concatenate(list(values.values()), axis=-1), new_state

        state = self._first_state(len(x), initial_state)
        seen, _ = recurrence.run(
            step,
            project(x),
            state,
            mask=check_mask(mask, x, self),
            go_backwards=self.go_backwards,
            return_sequences=True,
        )
        if self.go_backwards:
            seen = seen[:, ::-1]
        return dict(zip(sizes, np.split(seen, np.cumsum(list(sizes.values()))[:-1], axis=-1), strict=True))

    def _first_state(self, batch: int, given: Any) -> State:
        return self.first_state(given, [(batch, size) for size in state_sizes_of(self.cell)])


def check_use_cudnn(value: object) -> None:
    """Accept what Keras accepts: which kernel a GPU runs is not what is computed."""
    if value not in ("auto", True, False):
        raise InputError(f"use_cudnn must be 'auto', true or false, got {value!r}")
