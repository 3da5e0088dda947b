"""The simple recurrent network: the new state is one activation of the input and the state before."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.layers.activations.find import apply_activation, find_activation
from core.layers.gradients import Gradients
from core.ops.activations import tanh
from core.ops.recurrence import State
from core.ops.recurrence_gradient import StepBack
from text.kernels.cells import FastCell, FastSimpleRNN
from text.layers.recurrent.cell import Cell, gate_products, gate_products_and_back
from text.layers.recurrent.rnn import RNN


class SimpleRNNCell(Cell):
    """h_t = activation(W x_t + b + U h_(t-1)); the output is h_t.

    (batch, inputs) -> (batch, units); kernel W (inputs, units), recurrent_kernel U (units, units), bias b (units,).
    Source: Elman 1990, https://doi.org/10.1207/s15516709cog1402_1; https://keras.io/api/layers/recurrent_layers/simple_rnn/
    """

    def __init__(self, units: int, activation: object = "tanh", use_bias: bool = True, **common: Any) -> None:
        super().__init__(units, use_bias=use_bias, **common)
        self.activation = find_activation(activation)

    def fast_cell(self) -> FastCell | None:
        """Only tanh works in place."""
        if self.activation is not tanh or self.dtype.name != "float32":
            return None
        kernel, recurrent, bias = (self.by_gate(name, 1) for name in ("kernel", "recurrent_kernel", "bias"))
        return FastSimpleRNN(kernel, recurrent, bias)

    def step(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State]:
        """(W x_t + b, (h,)) -> (h_t, (h_t,))."""
        h = self.activation(projected + gate_products(state[0], self.computing("recurrent_kernel"), drop))
        return h, (h,)

    def step_and_back(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State, StepBack]:
        """dz = phi'(z) * dh_t, dh = dz @ U^T, dU = h^T @ dz."""
        products, products_back = gate_products_and_back(state[0], self.computing("recurrent_kernel"), drop)
        h, activation_back = apply_activation(self.activation, projected + products)

        def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
            dz = activation_back(d_output + d_state[0])
            d_before, d_kernel = products_back(dz)
            return dz, (d_before,), self.gradients(recurrent_kernel=d_kernel)

        return h, (h,), backward


class SimpleRNN(RNN):
    """A SimpleRNNCell over time: (batch, time, inputs) -> (batch, units), or (batch, time, units).

    `options` are those of `RNN`. Source: https://keras.io/api/layers/recurrent_layers/simple_rnn/
    """

    def __init__(
        self,
        units: int,
        activation: object = "tanh",
        use_bias: bool = True,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: object = None,
        implementation: int = 2,
        **options: Any,
    ) -> None:
        cell = SimpleRNNCell(
            units,
            activation,
            use_bias,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            implementation=implementation,
            dtype=options.get("dtype"),
            name="simple_rnn_cell",
        )
        super().__init__(cell, **options)
