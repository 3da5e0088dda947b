"""Reshaping writes the numbers of each example, in the order in which they lie, under another shape."""

from __future__ import annotations

from typing import Any

from core.arrays import Array, Shape, known_size, show_shape
from core.checks import integer
from core.errors import InputError
from core.layers.base import Layer
from core.layers.gradients import Backward


class Reshape(Layer):
    """(batch, ...) -> (batch, *target_shape); one size may be -1, it is what is left.

    Source: https://keras.io/api/layers/reshaping_layers/reshape/
    """

    def __init__(self, target_shape: Any, **common: Any) -> None:
        super().__init__(**common)
        if not isinstance(target_shape, list | tuple):
            raise InputError(f"target_shape must list the size of each axis, got {target_shape!r}")
        self.target_shape = tuple(integer(size, "target_shape", minimum=-1) for size in target_shape)
        if self.target_shape.count(-1) > 1:
            raise InputError(f"target_shape may leave one size open (-1), got {target_shape!r}")

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Keep the batch; what is left goes to the size -1."""
        return (input_shape[0], *reshaped(input_shape[1:], self.target_shape))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return x under the new shape; dx is dy in that of x."""
        shape = x.shape
        y = x.reshape(len(x), *(size or 0 for size in reshaped(shape[1:], self.target_shape)))
        return y, lambda dy: (dy.reshape(shape), {})


def reshaped(shape: Shape, target: tuple[int, ...]) -> Shape:
    """Return the shape that `target` stands for: its -1 is found, None where `shape` leaves it open."""
    size = known_size(shape)
    if size is None:
        return tuple(None if wanted == -1 else wanted for wanted in target)
    rest = known_size(tuple(wanted for wanted in target if wanted != -1)) or 0
    if (size != rest) if -1 not in target else (rest == 0 or size % rest):
        raise InputError(f"a shape of {show_shape(shape)} cannot be written as {target}: the number of values differs")
    return tuple(size // rest if wanted == -1 else wanted for wanted in target)
