"""What every recurrent layer shares, whatever its cell: the options of the loop over time, its masks and its state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from core.arrays import Array
from core.checks import flag
from core.errors import InputError
from core.layers.base import Layer
from core.nests import leaves
from core.ops import recurrence
from core.ops.recurrence import State, Step
from core.ops.recurrence_gradient import RunBack, StepAndBack, run_and_back


class Recurrent(Layer):
    """A loop over time: (batch, time, ...) -> the last output (batch, ...), or all of them with `return_sequences`.

    With `return_state` a tuple: the output, then each array of the last state. `go_backwards` starts at the last time
    step, and the sequence comes out in that order. A masked time step keeps the state and repeats the output before it;
    with `zero_output_for_mask` its output is zero. The state begins with `initial_state`, or with zeros.

    `stateful` is the one exception to the rule that layers keep nothing between calls: row i of a batch goes on where
    row i of the batch before ended, until `reset_states`. Such a layer must not be shared between threads.
    """

    supports_masking = True

    def __init__(
        self,
        *,
        return_sequences: bool,
        return_state: bool,
        go_backwards: bool,
        stateful: bool,
        unroll: bool,
        zero_output_for_mask: bool,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        flag(unroll, "unroll")  # how Keras builds its graph, not what is computed
        self.return_sequences = flag(return_sequences, "return_sequences")
        self.return_state = flag(return_state, "return_state")
        self.go_backwards = flag(go_backwards, "go_backwards")
        self.stateful = flag(stateful, "stateful")
        self.zero_output_for_mask = flag(zero_output_for_mask, "zero_output_for_mask")
        self.states: State | None = None

    @property
    def state_count(self) -> int:
        """The number of arrays in the state."""
        raise NotImplementedError

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return True for a `stateful` layer, which goes on where row i of the batch before ended."""
        return self.stateful

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """A sequence keeps the mask of its input; a last output and states have none."""
        del inputs
        found = next(leaves(mask)) if self.return_sequences else None
        return [found, *(None,) * self.state_count] if self.return_state else found

    # --- the loop ---------------------------------------------------------------------------------------------------

    def loop(self, step: Step, inputs: Array, state: State, mask: Any) -> tuple[Array, State]:
        """Take the steps over `inputs` (batch, time, ...): give the output or outputs, and the last state."""
        output, state = recurrence.run(step, inputs, state, mask=check_mask(mask, inputs, self), **self._options)
        return output, self._kept(state)

    def loop_and_back(self, step: StepAndBack, inputs: Array, state: State, mask: Any) -> tuple[Array, State, RunBack]:
        """Do as `loop`, and give the way back."""
        mask = check_mask(mask, inputs, self)
        output, state, backward = run_and_back(step, inputs, state, mask=mask, **self._options)
        return output, self._kept(state), backward

    @property
    def _options(self) -> dict[str, bool]:
        return {
            "go_backwards": self.go_backwards,
            "zero_output_for_mask": self.zero_output_for_mask,
            "return_sequences": self.return_sequences,
        }

    # --- state ------------------------------------------------------------------------------------------------------

    def reset_states(self, states: Any = None) -> None:
        """Forget the state that a `stateful` layer keeps, or set it."""
        if not self.stateful:
            raise InputError(f"{self} keeps no state: it was made with stateful=False")
        self.states = None if states is None else tuple(np.asarray(value) for value in leaves(states))

    reset_state = reset_states

    def first_state(self, given: Any, shapes: Sequence[tuple[int, ...]]) -> State:
        """Give the state that a loop begins with, arrays of `shapes`: the given one, the kept one, or zeros."""
        if given is not None:
            return self._checked(tuple(np.asarray(value) for value in leaves(given)), shapes, "initial_state")
        if self.stateful and self.states is not None:
            return self._checked(self.states, shapes, "the state kept from the batch before (see reset_states)")
        return tuple(np.zeros(shape, self.dtype.compute_dtype) for shape in shapes)

    def _kept(self, state: State) -> State:
        if self.stateful:
            self.states = state
        return state

    def _checked(self, state: State, shapes: Sequence[tuple[int, ...]], what: str) -> State:
        if [value.shape for value in state] != [*shapes]:
            raise InputError(f"{self}: {what} must have the shapes {[*shapes]}, got {[value.shape for value in state]}")
        return tuple(value.astype(self.dtype.compute_dtype, copy=False) for value in state)


def check_mask(mask: Any, sequences: Array, layer: Layer) -> Array | None:
    """Give a mask as booleans (batch, time); a last axis of size 1 is dropped, as Keras allows it."""
    if mask is None or (mask := next(leaves(mask))) is None:
        return None
    mask = np.asarray(mask).astype(bool, copy=False)
    if mask.ndim == 3 and mask.shape[2] == 1:
        mask = mask[:, :, 0]
    if mask.shape != sequences.shape[:2]:
        raise InputError(f"{layer} expects a mask of shape {sequences.shape[:2]}, got {mask.shape}")
    return cast(Array, mask)
