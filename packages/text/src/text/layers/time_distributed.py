"""TimeDistributed applies one layer to every time step, with the same parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from core.arrays import Array, Shape
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.context import Context
from core.layers.gradients import Backward, Gradients, computed, join
from core.layers.registry import build_layer
from core.layers.work import Work, numbers_in

#: What one time step costs beside the inner layer, in calls of NumPy.
_STEP_CALLS = 20


class TimeDistributed(Layer):
    """y[:, t] = layer(x[:, t]) for every t: (batch, time, ...) -> (batch, time, ...).

    A mask (batch, time, ...) reaches the inner layer as mask[:, t], if it takes one, and passes on.
    Source: https://keras.io/api/layers/recurrent_layers/time_distributed/
    """

    supports_masking = True
    autocast = False

    def __init__(self, layer: Any, **common: Any) -> None:
        super().__init__(**common)
        if not isinstance(layer, Layer):
            raise InputError(f"layer must be a layer, got {layer!r}")
        self.layer = layer
        self.children = {"layer": layer}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Build the inner layer too."""
        if not isinstance(config.get("layer"), Mapping):
            raise UnsupportedLayerError(
                f"TimeDistributed must describe its layer, got {str(config.get('layer'))[:200]}"
            )
        return super().from_config({**config, "layer": build_layer(config["layer"])})

    def build(self, input_shape: Shape) -> None:
        """Build the inner layer for one time step."""
        if len(input_shape) < 3:
            raise UnsupportedLayerError(
                f"{self} needs an input (batch, time, ...) of three axes or more, got {input_shape}"
            )
        self.expect(rank=len(input_shape))
        self.layer.build((input_shape[0], *input_shape[2:]))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """The inner layer's shape, with the time after the batch."""
        inner = self.layer.compute_output_shape((input_shape[0], *input_shape[2:]))
        if not all(size is None or isinstance(size, int) for size in inner):
            raise UnsupportedLayerError(
                f"{self}: {self.layer} has several outputs, which Keras cannot distribute either"
            )
        return (inner[0], input_shape[1], *inner[1:])

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the inner layer, once for each time step; unknown where the length is."""
        each = self.layer.multiply_adds((input_shape[0], *input_shape[2:]))
        return None if each is None or input_shape[1] is None else each * input_shape[1]

    def work(self, input_shape: Shape) -> Work:
        """That of the inner layer at every time step; all outputs are there before they are put together."""
        each = self.layer.work((input_shape[0], *input_shape[2:]))
        made = numbers_in([self.compute_output_shape(input_shape)])
        return each.times(input_shape[1] or 0, _STEP_CALLS).plus(2 * made, made * self.layer.number_bytes)

    def call_with_backward(
        self,
        inputs: Array,
        *,
        mask: Array | None = None,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[Array, Backward]:
        """Return the inner layer's outputs, one after the other along axis 1; its parameters take the sum of their gradients."""
        if inputs.shape[1] == 0:
            raise InputError(f"{self} needs at least one time step, got an input of shape {inputs.shape}")
        if mask is not None and mask.shape[:2] != inputs.shape[:2]:
            raise InputError(f"{self} expects a mask that begins with {inputs.shape[:2]}, got {mask.shape}")
        context = Context(training, rng)
        outputs, steps = [], []
        for time in range(inputs.shape[1]):
            arguments = self._arguments(inputs, mask, time)
            if wants_backward:
                y, _, step_backward = self.layer.apply_with_backward(*arguments, context)
                steps.append(step_backward)
            else:
                y, _ = self.layer.apply(*arguments, context)
            outputs.append(y)

        def backward(dy: Array) -> tuple[Any, Gradients]:
            gradients: Gradients = {}
            found = []
            for time in reversed(range(len(steps))):
                dx, own = steps[time](dy[:, time])
                gradients = join(own, gradients)
                found.append(computed(dx.args[0]))
            return (None if found[0] is None else np.stack(found[::-1], axis=1)), gradients

        return np.stack(outputs, axis=1), backward

    def _arguments(
        self, inputs: Array, mask: Array | None, time: int
    ) -> tuple[tuple[Array], dict[str, Any], dict[str, Any]]:
        """Return what the inner layer is called with at one time step: its input, nothing by name, and the mask of the input."""
        masks = {self.layer.call_arguments[0]: None if mask is None else mask[:, time]}
        return (inputs[:, time],), {}, masks
