"""Recurrence is a loop over time around one step: the state that a step leaves is the state that the next one finds.

A masked time step changes nothing: the state stays, and the output is the previous one again (or zero). The loop knows
nothing of cells, so the same one runs a SimpleRNN, an LSTM, a stack of cells or a convolutional LSTM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError

#: What a cell hands from one time step to the next: one array, (batch, ...), for each of its states.
State: TypeAlias = tuple[Array, ...]
#: One time step: (input of this step, state) -> (output of this step, new state).
Step: TypeAlias = Callable[[Array, State], tuple[Array, State]]


def run(
    step: Step,
    inputs: Array,
    state: State,
    *,
    mask: Array | None = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    return_sequences: bool = False,
) -> tuple[Array, State]:
    """y_t, s_t = step(x_t, s_(t-1)) for t = 0, 1, ...; backwards from the last time step with `go_backwards`.

    inputs (batch, time, ...), mask (batch, time), False where a time step does not count. Returns the last output
    (batch, ...), or all of them (batch, time, ...) in the order in which they were computed, and the last state.
    Where a step is masked, y_t = y_(t-1), zero before the first step that counts; with `zero_output_for_mask` y_t = 0.

    Source: `rnn` in https://github.com/keras-team/keras/blob/master/keras/src/backend/tensorflow/rnn.py
    """
    times = range(inputs.shape[1])
    if not times:
        raise InputError(f"a recurrent layer needs at least one time step, got an input of shape {inputs.shape}")
    outputs: list[Array] = []
    output: Array | None = None
    for time in reversed(times) if go_backwards else times:
        counts = None if mask is None else mask[:, time]
        if output is None or counts is None or counts.any():  # a step that counts for nobody need not be computed
            new_output, new_state = step(inputs[:, time], state)
            if counts is not None and not counts.all():
                idle = np.zeros_like(new_output) if output is None or zero_output_for_mask else output
                new_output = choose(counts, new_output, idle)
                new_state = tuple(choose(counts, new, old) for new, old in zip(new_state, state, strict=True))
            output, state = new_output, new_state
        elif zero_output_for_mask:
            output = np.zeros_like(output)
        if return_sequences:
            outputs.append(output)
    assert output is not None
    return (np.stack(outputs, axis=1) if return_sequences else output), state


def choose(counts: Array, new: Array, old: Array) -> Array:
    """Take the rows of `new` where the time step counts, else those of `old`."""
    return np.where(counts.reshape(counts.shape + (1,) * (new.ndim - 1)), new, old)
