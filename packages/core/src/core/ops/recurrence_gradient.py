"""Back through time: the steps of a recurrence in reverse, each handing the gradient of its state to the one before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.gradients import Gradients, join
from core.ops.recurrence import State

#: (gradient of the output, of the new state) -> (gradient of the input, of the state before, of the parameters).
StepBack: TypeAlias = Callable[[Array, State], tuple[Array, State, Gradients]]
#: One time step, and the way back through it.
StepAndBack: TypeAlias = Callable[[Array, State], tuple[Array, State, StepBack]]
#: (gradient of the output or outputs, of the last state) -> (of the inputs, of the first state, of the parameters).
RunBack: TypeAlias = Callable[[Array, State], tuple[Array, State, Gradients]]


def run_and_back(
    step: StepAndBack,
    inputs: Array,
    state: State,
    *,
    mask: Array | None = None,
    go_backwards: bool = False,
    zero_output_for_mask: bool = False,
    return_sequences: bool = False,
) -> tuple[Array, State, RunBack]:
    """Do as `core.ops.recurrence.run`, and give the way back.

    Where a step does not count, its gradient goes past it: that of the state to the state before, that of the repeated
    output to the output before.
    """
    if not inputs.shape[1]:
        raise InputError(f"a recurrent layer needs at least one time step, got an input of shape {inputs.shape}")
    times = list(range(inputs.shape[1]))[:: -1 if go_backwards else 1]
    ways: list[tuple[StepBack | None, Array | None]] = []  # of each step, None where it counts for nobody, and its mask
    outputs: list[Array] = []
    output: Array | None = None
    for time in times:
        counts = None if mask is None else _column(mask[:, time], inputs.ndim - 1)
        if output is not None and counts is not None and not counts.any():
            ways.append((None, counts))
            output = np.zeros_like(output) if zero_output_for_mask else output
        else:
            new_output, new_state, back = step(inputs[:, time], state)
            if counts is not None and not counts.all():
                idle = np.zeros_like(new_output) if output is None or zero_output_for_mask else output
                new_output = np.where(counts, new_output, idle)
                new_state = tuple(np.where(counts, new, old) for new, old in zip(new_state, state, strict=True))
            else:
                counts = None
            ways.append((back, counts))
            output, state = new_output, new_state
        if return_sequences:
            outputs.append(output)
    assert output is not None

    def backward(dy: Array, d_state: State) -> tuple[Array, State, Gradients]:
        dx = np.zeros_like(inputs)
        gradients: Gradients = {}
        d_output = np.zeros_like(dy[:, 0]) if return_sequences else dy
        for number in range(len(times) - 1, -1, -1):
            back, counts = ways[number]
            if return_sequences:
                d_output = d_output + dy[:, number]
            past = np.zeros_like(d_output)  # what goes to the output before
            past_state: State | None = None
            if counts is not None:
                past = past if zero_output_for_mask else np.where(counts, past, d_output)
                past_state = tuple(np.where(counts, d.dtype.type(0), d) for d in d_state)
                d_output = np.where(counts, d_output, d_output.dtype.type(0))
                d_state = tuple(np.where(counts, d, d.dtype.type(0)) for d in d_state)
            if back is None:
                assert past_state is not None
                d_state = past_state
            else:
                dx[:, times[number]], d_state, found = back(d_output, d_state)
                gradients = join(gradients, found)
                if past_state is not None:
                    d_state = tuple(d + past for d, past in zip(d_state, past_state, strict=True))
            d_output = past
        return dx, d_state, gradients

    return (np.stack(outputs, axis=1) if return_sequences else output), state, backward


def _column(counts: Array, rank: int) -> Array:
    """Write one time step of a mask so that it fits arrays of `rank` axes."""
    return counts.reshape(counts.shape + (1,) * (rank - 1))
