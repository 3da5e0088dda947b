"""Back through time: the steps of a recurrence in reverse, each handing the gradient of its state to the one before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.layers.gradients import Gradients, join
from core.ops.recurrence import State, choose, run

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
    backs: list[StepBack] = []  # of the steps that were taken: those that count for somebody, and the first

    def taken(x: Array, before: State) -> tuple[Array, State]:
        output, after, back = step(x, before)
        backs.append(back)
        return output, after

    output, last = run(
        taken,
        inputs,
        state,
        mask=mask,
        go_backwards=go_backwards,
        zero_output_for_mask=zero_output_for_mask,
        return_sequences=return_sequences,
    )
    times = list(range(inputs.shape[1]))[:: -1 if go_backwards else 1]

    def backward(dy: Array, d_state: State) -> tuple[Array, State, Gradients]:
        dx = np.zeros_like(inputs)
        gradients: Gradients = {}
        d_output = np.zeros_like(dy[:, 0]) if return_sequences else dy
        ways = reversed(backs)
        for number in range(len(times) - 1, -1, -1):
            counts = None if mask is None or mask[:, times[number]].all() else mask[:, times[number]]
            if return_sequences:
                d_output = d_output + dy[:, number]
            past = np.zeros_like(d_output)  # what goes to the output before
            past_state: State | None = None  # and to the state before, unchanged
            if counts is not None:
                past = past if zero_output_for_mask else choose(counts, past, d_output)
                past_state = tuple(choose(counts, np.zeros_like(d), d) for d in d_state)
                d_output = choose(counts, d_output, np.zeros_like(d_output))
                d_state = tuple(choose(counts, d, np.zeros_like(d)) for d in d_state)
            if number > 0 and counts is not None and not counts.any():
                assert past_state is not None
                d_state = past_state
            else:
                dx[:, times[number]], d_state, found = next(ways)(d_output, d_state)
                gradients = join(gradients, found)
                if past_state is not None:
                    d_state = tuple(d + past for d, past in zip(d_state, past_state, strict=True))
            d_output = past
        return dx, d_state, gradients

    return output, last, backward
