"""A convolutional LSTM is its cell and the loop over the images of a video."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.checks import one_of
from core.errors import InputError
from core.layers.gradients import Backward, Gradients
from core.layers.recurrent.rnn import Recurrent
from core.layers.work import Work
from core.nests import map_nest
from vision.layers.conv_lstm.cell import ConvLSTMCell

#: Options of every layer; all others are those of the cell.
_COMMON = ("name", "trainable", "dtype", "autocast")


class ConvLSTM(Recurrent):
    """A `ConvLSTMCell` over time: (batch, time, *sizes, channels) -> (batch, [time,] *positions, filters).

    With "channels_first" the channels stand before the sizes. `options` are those of the cell. Masks, `go_backwards`,
    `return_state`, `stateful` and `zero_output_for_mask` are as in every recurrent layer (see `core.layers.recurrent.rnn`).
    Source: https://keras.io/api/layers/recurrent_layers/conv_lstm2d/
    """

    rank: ClassVar[int]

    def __init__(
        self,
        filters: int,
        kernel_size: Any,
        data_format: object = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        seed: object = None,
        **options: Any,
    ) -> None:
        del seed  # the draw comes from the generator that is passed in
        common = {key: options.pop(key) for key in _COMMON if key in options}
        cell = ConvLSTMCell(
            self.rank, filters, kernel_size, **options, name="conv_lstm_cell", dtype=common.get("dtype")
        )
        super().__init__(
            cell,
            return_sequences,
            return_state,
            go_backwards,
            stateful,
            unroll,
            zero_output_for_mask,
            **common,
        )
        self.data_format = one_of(data_format or "channels_last", "data_format", ("channels_last", "channels_first"))

    # --- shapes -----------------------------------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state: Any = None) -> None:
        """Build the cell for one image."""
        turned = self._channels_last(sequences_shape)
        super().build(turned, initial_state)
        self.expect(rank=self.rank + 3, axes={2 if self.data_format == "channels_first" else -1: turned[-1]})

    def compute_output_shape(self, sequences_shape: Shape, initial_state: Any = None) -> Any:
        """Return the shape of the output, and of both states with `return_state`."""
        shapes = super().compute_output_shape(self._channels_last(sequences_shape), initial_state)
        if self.data_format == "channels_last":
            return shapes
        if self.return_state:
            return tuple(_moved(shape, -1, -1 - self.rank) for shape in shapes)
        return _moved(shapes, -1, -1 - self.rank)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the cell, once for each image; unknown where their number is."""
        return super().multiply_adds(self._channels_last(input_shape))

    def work(self, sequences_shape: Shape, initial_state: Any = None) -> Work:
        """That of the cell at every time step; inside, its products with all images, and their patches."""
        del initial_state
        batch, time, *sizes, channels = (size or 0 for size in self._channels_last(sequences_shape))
        window, filters = self.cell.product.window, self.cell.units
        positions = window.output_sizes(tuple(sizes))
        gates = 4 * batch * math.prod(positions) * filters
        padded = batch * math.prod(window.padded_sizes(tuple(sizes))) * channels
        patches = math.prod(positions[1:]) * math.prod(window.size) * max(filters, channels)
        inside = (time * (2 * gates + padded + gates // 4) + 8 * gates + patches) * self.number_bytes
        each = Work(batch * (self.cell.multiply_adds((batch, *sizes, channels)) or 0) + 20 * gates, inside)
        return each.times(time, 40)

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
        """Run the cell over the images of `sequences`, whose channels are put last, and those of what comes out first again."""
        context: dict[str, Any] = {"mask": mask, "training": training, "rng": rng, "wants_backward": wants_backward}
        if self.data_format == "channels_last":
            return super().call_with_backward(sequences, initial_state, **context)
        y, last_backward = super().call_with_backward(*self._last((sequences, initial_state)), **context)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            dx, gradients = last_backward(self._last(dy))
            return self._first(dx), gradients

        return self._first(y), backward

    def trace(self, x: Array, mask: Array | None = None, initial_state: Any = None) -> dict[str, Array]:
        """Return every gate and state at every time step, each shaped as the output; see `Recurrent.trace`."""
        if self.data_format == "channels_last":
            return super().trace(x, mask, initial_state)
        turned, state = self._last((x, initial_state))
        return {name: self._first(value) for name, value in super().trace(turned, mask, state).items()}

    def _last(self, nest: Any) -> Any:
        """Put the channels of sequences and states last, where they stood before the sizes."""
        return map_nest(lambda x: None if x is None else np.moveaxis(x, -1 - self.rank, -1), nest)

    def _first(self, nest: Any) -> Any:
        """Put the channels before the sizes again."""
        return map_nest(lambda x: np.moveaxis(x, -1, -1 - self.rank), nest)

    def _channels_last(self, shape: Shape) -> Shape:
        """Return the shape of sequences with their channels last."""
        if len(shape) != self.rank + 3:
            raise InputError(f"expects {self.rank + 3} axes, the batch included, got the shape {show_shape(shape)}")
        return _moved(shape, 2, -1) if self.data_format == "channels_first" else tuple(shape)


class ConvLSTM1D(ConvLSTM):
    """`ConvLSTM` over sequences of sequences, (batch, time, steps, channels)."""

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """`ConvLSTM` over videos, (batch, time, height, width, channels)."""

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """`ConvLSTM` over videos of volumes, (batch, time, depth, height, width, channels)."""

    rank = 3


def _moved(shape: Shape, source: int, target: int) -> Shape:
    """Move an axis of a shape."""
    sizes = list(shape)
    size = sizes.pop(source)
    sizes.insert(target % len(shape), size)
    return tuple(sizes)
