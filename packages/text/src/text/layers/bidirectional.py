"""Bidirectional reads a sequence from both ends: two recurrent layers, one of them backwards, their outputs joined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, Self

import numpy as np

from core.arrays import Array, Shape
from core.checks import one_of
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients, computed, join
from core.layers.registry import build_layer
from core.layers.work import Work, numbers_in
from core.nests import leaves

#: What makes two layers halves of one.
_SHARED = ("stateful", "return_sequences", "return_state")


class Bidirectional(Layer):
    """y = merge(forward(x), backward(x)), the backward sequence put in the order of time again.

    (batch, time, inputs) -> (batch, [time,] units of both) for ``merge_mode="concat"``; `sum`, `mul` and `ave` keep the
    units of one; None gives both outputs. With `return_state` the states follow, forward first. Where sequences come
    out, a masked time step is zero. `backward_layer` is `layer` with `go_backwards` where none is given; both are copied.
    Source: Schuster and Paliwal 1997, https://doi.org/10.1109/78.650093; https://keras.io/api/layers/recurrent_layers/bidirectional/
    """

    supports_masking = True

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: None = None,
        backward_layer: Any = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if weights is not None:
            raise InputError("weights must be None: they come from the file")
        self.merge_mode = one_of(merge_mode, "merge_mode", ("concat", "sum", "mul", "ave", None))
        self.forward_layer = _half(layer, "layer")
        self.backward_layer = _half(layer if backward_layer is None else backward_layer, "backward_layer")
        if backward_layer is None:
            self.backward_layer.go_backwards = True
            self.backward_layer.name = f"backward_{layer.name}"
        if self.forward_layer.go_backwards == self.backward_layer.go_backwards:
            raise InputError("one of layer and backward_layer must have go_backwards=True, the other must not")
        for option in _SHARED:
            if getattr(self.forward_layer, option) != getattr(self.backward_layer, option):
                raise InputError(f"layer and backward_layer must have the same {option}")
        self.return_sequences: bool = self.forward_layer.return_sequences
        self.return_state: bool = self.forward_layer.return_state
        for half in (self.forward_layer, self.backward_layer):
            half.zero_output_for_mask = self.return_sequences
        self.children = {"forward_layer": self.forward_layer, "backward_layer": self.backward_layer}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build both halves, or the first, of which the other is a copy."""
        halves = {key: config[key] for key in ("layer", "backward_layer") if config.get(key) is not None}
        if "layer" not in halves or not all(isinstance(half, Mapping) for half in halves.values()):
            raise UnsupportedLayerError(f"Bidirectional must describe its layer, got {str(halves)[:200]}")
        return super().from_config({**config, **{key: build_layer(half) for key, half in halves.items()}})

    # --- shapes -----------------------------------------------------------------------------------------------------

    def build(self, sequences_shape: Shape, initial_state: Any = None) -> None:
        """Build both halves for the same input."""
        self.forward_layer.build(sequences_shape)
        self.backward_layer.build(sequences_shape)

    def compute_output_shape(self, sequences_shape: Shape, initial_state: Any = None) -> Any:
        """Return the shape of the joined output, or of both, and those of the states."""
        forward = self.forward_layer.compute_output_shape(sequences_shape)
        backward = self.backward_layer.compute_output_shape(sequences_shape)
        forward, forward_states = (forward[0], forward[1:]) if self.return_state else (forward, ())
        backward, backward_states = (backward[0], backward[1:]) if self.return_state else (backward, ())
        joined = {
            None: (forward, backward),
            "concat": ((*forward[:-1], forward[-1] + backward[-1]),),
        }.get(self.merge_mode, (forward,))
        outputs = (*joined, *forward_states, *backward_states)
        return outputs if len(outputs) > 1 else outputs[0]

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of both halves."""
        forward, backward = (
            self.forward_layer.multiply_adds(input_shape),
            self.backward_layer.multiply_adds(input_shape),
        )
        return None if forward is None or backward is None else forward + backward

    def work(self, sequences_shape: Any, initial_state: Any = None) -> Work:
        """Those of both halves, whose outputs are there before they are joined."""
        both = self.forward_layer.work(sequences_shape).then(self.backward_layer.work(sequences_shape))
        made = numbers_in([self.compute_output_shape(sequences_shape, initial_state)])
        return both.plus(made, 2 * made * self.number_bytes)

    def compute_mask(self, inputs: Any, mask: Any) -> Any:
        """A sequence keeps the mask of its input; a last output and states have none."""
        del inputs
        found = next(leaves(mask)) if self.return_sequences else None
        return (found, found) if self.merge_mode is None else found

    # --- both directions --------------------------------------------------------------------------------------------

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
        """Run both halves over `sequences` and join their outputs; half of `initial_state` is for each."""
        states = None if initial_state is None else list(leaves(initial_state))
        shares = (None, None) if states is None else (states[: len(states) // 2], states[len(states) // 2 :])
        context: dict[str, Any] = {"mask": mask, "training": training, "rng": rng}
        pairs: list[tuple[Any, Any]] = [
            half.backward_of(sequences, initial_state=own, **context)
            if wants_backward
            else (half.forward(sequences, initial_state=own, **context), None)
            for half, own in zip((self.forward_layer, self.backward_layer), shares, strict=True)
        ]
        (first, *first_states), (second, *second_states) = (y if self.return_state else (y,) for y, _ in pairs)
        if self.return_sequences:
            second = np.flip(second, axis=1)
        joined, merge_backward = merge(self.merge_mode, first, second)
        outputs = (*joined, *first_states, *second_states)

        def backward(dy: Any) -> tuple[Any, Gradients]:
            given = list(dy) if len(outputs) > 1 else [dy]
            d_states = given[len(joined) :]
            d_first, d_second = merge_backward(given[: len(joined)])
            if self.return_sequences:
                d_second = np.flip(d_second, axis=1)
            middle = len(first_states)
            d_halves = [(d_first, *d_states[:middle]), (d_second, *d_states[middle:])]
            (dx, gradients), (dx_second, gradients_second) = (
                half_backward(d_half if self.return_state else d_half[0])
                for (_, half_backward), d_half in zip(pairs, d_halves, strict=True)
            )
            dx, dx_second, gradients = computed(dx), computed(dx_second), join(gradients, gradients_second)
            if states is None:
                return dx + dx_second, gradients
            d_initial = [*dx["initial_state"], *dx_second["initial_state"]]
            return {"sequences": dx["sequences"] + dx_second["sequences"], "initial_state": d_initial}, gradients

        return outputs if len(outputs) > 1 else outputs[0], backward

    def trace(self, x: Array, mask: Array | None = None) -> dict[str, Array]:
        """Return the traces of both halves, their names with ``forward/`` and ``backward/`` in front."""
        halves = {"forward": self.forward_layer, "backward": self.backward_layer}
        return {
            f"{half}/{name}": value for half, layer in halves.items() for name, value in layer.trace(x, mask).items()
        }

    def reset_states(self) -> None:
        """Forget the states that `stateful` halves keep."""
        self.forward_layer.reset_states()
        self.backward_layer.reset_states()

    reset_state = reset_states


def _half(layer: Any, option: str) -> Any:
    """Copy a layer that reads sequences; anything else is refused."""
    if not isinstance(layer, Layer) or not all(hasattr(layer, name) for name in (*_SHARED, "go_backwards")):
        raise InputError(f"{option} must be a recurrent layer, got {layer!r}")
    return deepcopy(layer)


def merge(
    mode: str | None, first: Array, second: Array
) -> tuple[tuple[Array, ...], Callable[[list[Array]], tuple[Array, Array]]]:
    """Merge the outputs of both directions, and return backward, which divides the gradient between them."""
    if mode is None:
        return (first, second), lambda dy: (dy[0], dy[1])
    if mode == "concat":
        units = first.shape[-1]
        return (np.concatenate([first, second], axis=-1),), lambda dy: (dy[0][..., :units], dy[0][..., units:])
    if mode == "mul":
        return (first * second,), lambda dy: (dy[0] * second, dy[0] * first)
    if mode == "sum":
        return (first + second,), lambda dy: (dy[0], dy[0])
    return ((first + second) / 2,), lambda dy: (dy[0] / 2, dy[0] / 2)
