"""A convolutional LSTM is its cell and the loop over the images of a film."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array, Shape, show_shape
from core.checks import one_of
from core.errors import InputError
from core.layers.gradients import Backward, Gradients, join
from core.layers.recurrent.base import Recurrent
from core.layers.work import Work
from core.nests import leaves
from core.ops.recurrence import State
from vision.layers.conv_lstm.cell import ConvLSTMCell

#: Options of the loop that Keras knows; all others are those of the cell.
_PLAIN = ("name", "trainable", "dtype", "autocast")


class ConvLSTM(Recurrent):
    """A `ConvLSTMCell` over time: (batch, time, *sizes, channels) -> (batch, [time,] *places, filters).

    With "channels_first" the channels stand before the sizes. `options` are those of the cell. Masks, `go_backwards`,
    `return_state`, `stateful` and `zero_output_for_mask` are as in every recurrent layer (see `core.layers.recurrent.base`).
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
        super().__init__(
            return_sequences=return_sequences,
            return_state=return_state,
            go_backwards=go_backwards,
            stateful=stateful,
            unroll=unroll,
            zero_output_for_mask=zero_output_for_mask,
            **{key: value for key, value in options.items() if key in _PLAIN},
        )
        del seed  # the draw comes from the generator that is passed in
        self.data_format = one_of(data_format or "channels_last", "data_format", ("channels_last", "channels_first"))
        inner = {key: value for key, value in options.items() if key not in _PLAIN}
        self.cell = ConvLSTMCell(self.rank, filters, kernel_size, **inner, name="conv_lstm_cell", dtype=self.dtype)
        self.children = {"cell": self.cell}

    # --- shapes -----------------------------------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state: Any = None) -> None:
        """Build the cell for one image."""
        del initial_state
        image = self._image(sequences_shape)
        self.expect(rank=self.rank + 3, axes={2 if self.data_format == "channels_first" else -1: image[-1]})
        self.cell.build(image)

    def compute_output_shape(self, sequences_shape: Shape, initial_state: Any = None) -> Any:
        """Give the shape of the output, and of both states with `return_state`."""
        del initial_state
        batch, *places, filters = self.cell.compute_output_shape(self._image(sequences_shape))
        inner = (filters, *places) if self.data_format == "channels_first" else (*places, filters)
        state = (batch, *inner)
        output = (batch, sequences_shape[1], *inner) if self.return_sequences else state
        return (output, state, state) if self.return_state else output

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the cell, once for each image; unknown where their number is."""
        each = self.cell.multiply_adds(self._image(input_shape))
        return None if each is None or input_shape[1] is None else each * input_shape[1]

    def work(self, sequences_shape: Shape, initial_state: Any = None) -> Work:
        """That of the cell at every time step; inside, its products with all images, and their patches."""
        image, time = self._image(sequences_shape), sequences_shape[1] or 0
        batch, *places, filters = (size or 0 for size in self.cell.compute_output_shape(image))
        gates = 4 * batch * math.prod(places) * filters
        padded = batch * math.prod(self.cell.window.padded_sizes(image[1:-1])) * (image[-1] or 0)
        patches = math.prod(places[1:]) * math.prod(self.cell.window.size) * max(filters, image[-1] or 0)
        inside = (time * (2 * gates + padded + gates // 4) + 8 * gates + patches) * self.number_bytes
        each = Work(batch * (self.cell.multiply_adds(image) or 0) + 20 * gates, inside)
        return each.times(time, 40)

    @property
    def state_count(self) -> int:
        """Two: what is seen, and the cell."""
        return 2

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
        """Run the cell over the images of `sequences`."""
        x = np.moveaxis(sequences, 2, -1) if self.data_format == "channels_first" else sequences
        image = (len(x), *x.shape[2:])
        state = self._first_state(self.cell.compute_output_shape(image), initial_state)
        drop = self.cell.draw(image, state[0].shape, rng) if training else None
        step = partial(self.cell.step, drop=drop.state if drop else None)
        output, state = self.loop(step, self.cell.project(x, drop.inputs if drop else None), state, mask)
        return self._given(output, state)

    def call_with_backward(
        self,
        sequences: Array,
        initial_state: Any = None,
        *,
        mask: Any = None,
        training: bool = True,
        rng: np.random.Generator | None = None,
    ) -> tuple[Any, Backward]:
        """Back through time, then through the projection of all images at once."""
        first = self.data_format == "channels_first"
        x = np.moveaxis(sequences, 2, -1) if first else sequences
        image = (len(x), *x.shape[2:])
        start = self._first_state(self.cell.compute_output_shape(image), initial_state)
        drop = self.cell.draw(image, start[0].shape, rng) if training else None
        projected, project_back = self.cell.project_and_back(x, drop.inputs if drop else None)
        step = partial(self.cell.step_and_back, drop=drop.state if drop else None)
        output, state, run_back = self.loop_and_back(step, projected, start, mask)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            d_output, *d_last = dy if self.return_state else (dy,)
            if first:
                d_output = np.moveaxis(d_output, 2 if self.return_sequences else 1, -1)
                d_last = [np.moveaxis(part, 1, -1) for part in d_last]
            d_projected, d_first, gradients = run_back(d_output, tuple(d_last) or tuple(map(np.zeros_like, state)))
            dx, found = project_back(d_projected)
            gradients = join(found, gradients)
            dx = np.moveaxis(dx, -1, 2) if first else dx
            if initial_state is None:
                return dx, gradients
            d_states = [np.moveaxis(part, -1, 1) if first else part for part in d_first]
            return {"sequences": dx, "initial_state": d_states}, gradients

        return self._given(output, state), backward

    def _given(self, output: Array, state: State) -> Any:
        """Give what the options ask for, the channels where they belong."""
        if self.data_format == "channels_first":
            output = np.moveaxis(output, -1, 2 if self.return_sequences else 1)
            state = tuple(np.moveaxis(part, -1, 1) for part in state)
        return (output, *state) if self.return_state else output

    def _first_state(self, shape: Shape, given: Any) -> State:
        if given is not None and self.data_format == "channels_first":
            given = [np.moveaxis(part, 1, -1) for part in leaves(given)]
        return self.first_state(given, [tuple(size or 0 for size in shape)] * self.state_count)

    def _image(self, shape: Shape) -> Shape:
        """Give the shape of one image, its channels last."""
        if len(shape) != self.rank + 3:
            raise InputError(f"expects {self.rank + 3} axes, the batch included, got the shape {show_shape(shape)}")
        first = self.data_format == "channels_first"
        image: Shape = (shape[0], *shape[3:], shape[2]) if first else (shape[0], *shape[2:])
        return image


class ConvLSTM1D(ConvLSTM):
    """`ConvLSTM` over sequences of sequences, (batch, time, steps, channels)."""

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """`ConvLSTM` over films, (batch, time, height, width, channels)."""

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """`ConvLSTM` over films of volumes, (batch, time, depth, height, width, channels)."""

    rank = 3
