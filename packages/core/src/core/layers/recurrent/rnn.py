"""A recurrent layer is a cell and the loop over time around it: options of the loop, masks and state, whatever the cell."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, join
from core.layers.recurrent.cell import STEP_CALLS, Cell, WholeCell, as_cell
from core.layers.recurrent.loop import State, StateBackward, run
from core.layers.work import Work
from core.nests import leaves


class Recurrent(Layer):
    """A cell over time: (batch, time, ...) -> the last output (batch, ...), or all of them with `return_sequences`.

    With `return_state` a tuple: the output, then each array of the last state. `go_backwards` starts at the last time
    step, and the sequence comes out in that order. A masked time step keeps the state and repeats the output before it;
    with `zero_output_for_mask` its output is zero. The state begins with `initial_state`, or with zeros.

    `stateful` is the one exception to the rule that layers keep nothing between calls: row i of a batch goes on where
    row i of the batch before ended, until `reset_states`. Such a layer must not be shared between threads.
    """

    supports_masking = True

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
        super().__init__(**common)
        flag(unroll, "unroll")  # how Keras builds its graph, not what is computed
        self.return_sequences = flag(return_sequences, "return_sequences")
        self.return_state = flag(return_state, "return_state")
        self.go_backwards = flag(go_backwards, "go_backwards")
        self.stateful = flag(stateful, "stateful")
        self.zero_output_for_mask = flag(zero_output_for_mask, "zero_output_for_mask")
        as_cell(cell)
        self.cell: Any = cell
        self.children = {"cell": cell}
        self.states: State | None = None

    @property
    def steps(self) -> Cell | WholeCell:
        """The cell, as a loop calls it."""
        return as_cell(self.cell)

    @property
    def state_count(self) -> int:
        """The number of arrays in the state."""
        return len(self.steps.state_size)

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return True for a `stateful` layer, which goes on where row i of the batch before ended."""
        return self.stateful

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """A sequence keeps the mask of its input; a last output and states have none."""
        del inputs
        found = next(leaves(mask)) if self.return_sequences else None
        return [found, *(None,) * self.state_count] if self.return_state else found

    # --- shapes -----------------------------------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state: Any = None) -> None:
        """Build the cell for one time step."""
        del initial_state
        if len(sequences_shape) < 3:
            raise UnsupportedLayerError(f"{self} needs an input (batch, time, inputs), got {sequences_shape}")
        self.expect(rank=len(sequences_shape), axes={-1: sequences_shape[-1]})
        self.cell.build(_at_one_time(sequences_shape))

    def compute_output_shape(self, sequences_shape: Shape, initial_state: Any = None) -> Any:
        """(batch, time, inputs) -> (batch, units) or (batch, time, units), and the shape of each state."""
        del initial_state
        shape = _at_one_time(sequences_shape)
        batch, *inner = self.steps.compute_output_shape(shape)
        output = (batch, sequences_shape[1], *inner) if self.return_sequences else (batch, *inner)
        return (output, *self.steps.state_shapes(shape)) if self.return_state else output

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the cell, once for each time step; unknown where the length is."""
        each = self.cell.multiply_adds(_at_one_time(input_shape))
        return None if each is None or input_shape[1] is None else each * input_shape[1]

    def work(self, sequences_shape: Any, initial_state: Any = None) -> Work:
        """That of the cell at every time step, and the products of all inputs before."""
        del initial_state
        batch, time, *inner = sequences_shape
        columns = max(self.cell.parameter_shapes.get("kernel", (0, inner[-1]))[-1], inner[-1])
        inside = 2 * batch * time * columns * self.number_bytes
        outputs = batch * self.steps.output_size * (time if self.return_sequences else 1)
        each = self.steps.step_work((batch, *inner))
        return each.times(time, STEP_CALLS).plus(outputs, inside + outputs * self.number_bytes)

    # --- the loop ---------------------------------------------------------------------------------------------------

    def call_with_backward(
        self,
        sequences: Array,
        initial_state: Any = None,
        *,
        mask: Any = None,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[Any, Backward]:
        """Project all time steps at once, then run the cell over them; back through time, then through the projection."""
        shape = (len(sequences), *sequences.shape[2:])
        project, step = self.steps.begin(shape, training=training, rng=rng, wants_backward=wants_backward)
        projected, project_backward = project(sequences)
        output, state, run_backward = run(
            step,
            projected,
            self._first_state(initial_state, shape),
            mask=check_mask(mask, sequences, self),
            go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask,
            return_sequences=self.return_sequences,
            wants_backward=wants_backward,
        )
        if self.stateful:
            self.states = state

        def backward(dy: Any) -> tuple[Any, Gradients]:
            d_output, *d_last = dy if self.return_state else (dy,)
            d_state = tuple(d_last) or tuple(map(np.zeros_like, state))
            d_projected, d_first, gradients = run_backward(d_output, d_state)
            dx, found = project_backward(d_projected)
            gradients = join(found, gradients)
            return dx if initial_state is None else {"sequences": dx, "initial_state": list(d_first)}, gradients

        return (output, *state) if self.return_state else output, backward

    def trace(self, x: Array, mask: Array | None = None, initial_state: Any = None) -> dict[str, Array]:
        """Return every gate and state at every time step by name, each (batch, time, units): ``{"i": ..., "f": ...}``.

        The time steps stand in the order of the input, also with `go_backwards`. A masked one repeats what was
        computed before it, zeros at first. The gates are those of the cell (`gate_names`), the states `hidden_state`
        and, for an LSTM, `cell_state`; those of a stack have the cell's number in front (``"0/i"``).
        """
        x = x.astype(self.dtype.compute_dtype, copy=False)
        shape, cell = (len(x), *x.shape[2:]), self.steps
        project, _ = cell.begin(shape, wants_backward=False)
        sizes: dict[str, int] = {}

        def look(projected: Array, state: State) -> tuple[Array, State, StateBackward | None]:
            values, _, new_state = cell.look(projected, state)
            sizes.update((name, value.shape[-1]) for name, value in values.items())
            return np.concatenate(list(values.values()), axis=-1), new_state, None

        seen, _, _ = run(
            cast(Any, look),
            project(x)[0],
            self._first_state(initial_state, shape),
            mask=check_mask(mask, x, self),
            go_backwards=self.go_backwards,
            return_sequences=True,
            wants_backward=False,
        )
        if self.go_backwards:
            seen = seen[:, ::-1]
        return dict(zip(sizes, np.split(seen, np.cumsum(list(sizes.values()))[:-1], axis=-1), strict=True))

    # --- state ------------------------------------------------------------------------------------------------------

    def reset_states(self, states: Any = None) -> None:
        """Forget the state that a `stateful` layer keeps, or set it."""
        if not self.stateful:
            raise InputError(f"{self} keeps no state: it was made with stateful=False")
        self.states = None if states is None else tuple(np.asarray(value) for value in leaves(states))

    reset_state = reset_states

    def _first_state(self, given: Any, input_shape: Shape) -> State:
        """Return the state that a loop begins with: the given one, the kept one, or zeros."""
        shapes = [tuple(size or 0 for size in shape) for shape in self.steps.state_shapes(input_shape)]
        if given is not None:
            return self._checked(tuple(np.asarray(value) for value in leaves(given)), shapes, "initial_state")
        if self.stateful and self.states is not None:
            return self._checked(self.states, shapes, "the state kept from the batch before (see reset_states)")
        return tuple(np.zeros(shape, self.dtype.compute_dtype) for shape in shapes)

    def _checked(self, state: State, shapes: list[tuple[int, ...]], what: str) -> State:
        if [value.shape for value in state] != shapes:
            raise InputError(f"{self}: {what} must have the shapes {shapes}, got {[value.shape for value in state]}")
        return tuple(value.astype(self.dtype.compute_dtype, copy=False) for value in state)


def check_mask(mask: Any, sequences: Array, layer: Layer) -> Array | None:
    """Return a mask as booleans (batch, time); a last axis of size 1 is dropped, as Keras allows it."""
    if mask is None or (mask := next(leaves(mask))) is None:
        return None
    mask = np.asarray(mask).astype(bool, copy=False)
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[:, :, 0]
    if mask.shape != sequences.shape[:2]:
        raise InputError(f"{layer} expects a mask of shape {sequences.shape[:2]}, got {mask.shape}")
    return cast(Array, mask)


def _at_one_time(sequences_shape: Shape) -> Shape:
    return (sequences_shape[0], *sequences_shape[2:])
