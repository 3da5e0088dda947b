"""A dense layer is one matrix product: every output is a weighted sum of all inputs."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer
from core.errors import InputError
from core.layers.activations.find import apply_activation, find_activation
from core.layers.base import Layer
from core.layers.gradients import Backward, Deferred, Gradients
from core.ops.product import column_sums, product


class Dense(Layer):
    """y = activation(x @ kernel + bias).

    (..., inputs) -> (..., units); kernel (inputs, units), bias (units,).
    Source: https://keras.io/api/layers/core_layers/dense/
    """

    supports_masking = True

    def __init__(
        self,
        units: int,
        activation: object = None,
        use_bias: bool = True,
        lora_rank: object = None,
        lora_alpha: object = None,
        quantization_config: None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if quantization_config is not None:
            raise InputError("quantization_config is not supported: save the float model")
        del lora_rank, lora_alpha  # Keras adds the update of low rank to the kernel that it saves
        self.units = integer(units, "units")
        self.activation = find_activation(activation)
        self.use_bias = flag(use_bias, "use_bias")

    def build(self, input_shape: Shape) -> None:
        """Declare kernel and bias."""
        inputs = input_shape[-1]
        self.expect(axes={-1: inputs})
        self.declare("kernel", (inputs, self.units))
        if self.use_bias:
            self.declare("bias", (self.units,))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(..., inputs) -> (..., units)."""
        return (*input_shape[:-1], self.units)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Each output takes as many as there are inputs."""
        if None in input_shape[1:]:
            return None
        return math.prod(size or 0 for size in input_shape[1:]) * self.units

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return y; with dz the gradient before the activation, dx = dz @ kernel^T, d kernel = x^T @ dz, d bias = sum of dz.

        Half precision is summed in single and rounded once, at the end, as Keras' compiled `predict` does.
        """
        kernel, halved = self.computing("kernel"), x.dtype == np.float16
        z = product(x.astype(np.float32), kernel.astype(np.float32)) if halved else product(x, kernel)
        if self.use_bias:
            z += self.computing("bias")
        y, activation_backward = apply_activation(self.activation, z.astype(np.float16) if halved else z)

        def backward(dy: Array) -> tuple[Deferred, Gradients]:
            dz = activation_backward(dy)
            columns = dz.reshape(-1, self.units)
            found = {"kernel": x.reshape(-1, x.shape[-1]).T @ columns}
            if self.use_bias:
                found["bias"] = column_sums(columns)
            return lambda: dz @ kernel.T, self.gradients(**found)

        return y, backward
