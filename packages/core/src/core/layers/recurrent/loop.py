"""Recurrence is a loop over time around one step: the state that a step leaves is the state that the next one starts from.

A masked time step changes nothing: the state stays, and the output is the previous one again (or zero). The loop knows
nothing of cells, so the same one runs a SimpleRNN, an LSTM, a stack of cells or a convolutional LSTM.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.layers.gradients import Gradients, join

#: What a cell hands from one time step to the next: one array, (batch, ...), for each of its states.
State: TypeAlias = tuple[Array, ...]
#: Gradients of output and new state -> those of the input, of the state before, and of the parameters.
StateBackward: TypeAlias = Callable[[Array, State], tuple[Array, State, Gradients]]
#: One time step: (input, state) -> (output, new state, backward).
TimeStep: TypeAlias = Callable[[Array, State], tuple[Array, State, StateBackward]]


def run(
    step: TimeStep,
    inputs: Array,
    state: State,
    *,
    mask: Array | None = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    return_sequences: bool = False,
    wants_backward: bool = True,
) -> tuple[Array, State, StateBackward]:
    """y_t, s_t = step(x_t, s_(t-1)) for t = 0, 1, ...; backwards from the last time step with `go_backwards`.

    inputs (batch, time, ...), mask (batch, time), False where a time step does not count. Returns the last output
    (batch, ...), or all of them (batch, time, ...) in the order in which they were computed, the last state, and backward
    through all steps, for which what they need is kept only if it is wanted.
    Where a step is masked, y_t = y_(t-1), zero before the first step that counts; with `zero_output_for_mask` y_t = 0.

    Source: `rnn` in https://github.com/keras-team/keras/blob/master/keras/src/backend/tensorflow/rnn.py
    """
    times = list(range(inputs.shape[1]))[:: -1 if go_backwards else 1]
    if not times:
        raise InputError(f"a recurrent layer needs at least one time step, got an input of shape {inputs.shape}")
    kept: list[StateBackward] = []  # of the steps that were taken: those that count for somebody, and the first
    outputs: list[Array] = []
    output: Array | None = None
    for time in times:
        counts = _counts(mask, time)
        if output is None or counts is None or counts.any():  # a step that counts for nobody need not be computed
            new_output, new_state, step_backward = step(inputs[:, time], state)
            if wants_backward:
                kept.append(step_backward)
            del step_backward
            if counts is not None:
                idle = np.zeros_like(new_output) if output is None or zero_output_for_mask else output
                new_output = _choose(counts, new_output, idle)
                new_state = tuple(_choose(counts, new, old) for new, old in zip(new_state, state, strict=True))
            output, state = new_output, new_state
        elif zero_output_for_mask:
            output = np.zeros_like(output)
        if return_sequences:
            outputs.append(output)
    assert output is not None

    def backward(dy: Array, d_state: State) -> tuple[Array, State, Gradients]:
        """Go through the steps in reverse; the gradient goes past a step that does not count."""
        dx = np.zeros_like(inputs)
        gradients: Gradients = {}
        d_output = np.zeros_like(dy[:, 0]) if return_sequences else dy
        remaining = reversed(kept)
        for number in reversed(range(len(times))):
            counts = _counts(mask, times[number])
            if return_sequences:
                d_output = d_output + dy[:, number]
            past = np.zeros_like(d_output)  # what goes to the output before
            past_state: State | None = None  # and to the state before, unchanged
            if counts is not None:
                past = past if zero_output_for_mask else _choose(counts, past, d_output)
                past_state = tuple(_choose(counts, np.zeros_like(d), d) for d in d_state)
                d_output = _choose(counts, d_output, np.zeros_like(d_output))
                d_state = tuple(_choose(counts, d, np.zeros_like(d)) for d in d_state)
            if number > 0 and counts is not None and not counts.any():
                assert past_state is not None
                d_state = past_state
            else:
                dx[:, times[number]], d_state, found = next(remaining)(d_output, d_state)
                gradients = join(gradients, found)
                if past_state is not None:
                    d_state = tuple(d + past for d, past in zip(d_state, past_state, strict=True))
            d_output = past
        return dx, d_state, gradients

    return (np.stack(outputs, axis=1) if return_sequences else output), state, backward


def _counts(mask: Array | None, time: int) -> Array | None:
    """Return which rows a time step counts for, None where it counts for all."""
    return None if mask is None or mask[:, time].all() else mask[:, time]


def _choose(counts: Array, new: Array, old: Array) -> Array:
    """Take the rows of `new` where the time step counts, else those of `old`."""
    return np.where(counts.reshape(counts.shape + (1,) * (new.ndim - 1)), new, old)
