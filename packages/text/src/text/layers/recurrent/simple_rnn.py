"""The simple recurrent network: the new state is one activation of the input and the state before."""

from __future__ import annotations

from typing import Any

from core.arrays import Array
from core.layers.activations.find import apply_activation, find_activation
from core.layers.gradients import Gradients
from core.layers.recurrent.gates import Equation, GatedCell
from core.layers.recurrent.loop import State
from core.layers.recurrent.products import StateProduct
from text.layers.recurrent.rnn import RNN


class SimpleRNNCell(GatedCell):
    """h_t = activation(W x_t + b + U h_(t-1)); the output is h_t.

    (batch, inputs) -> (batch, units); kernel W (inputs, units), recurrent_kernel U (units, units), bias b (units,).
    Source: Elman 1990, https://doi.org/10.1207/s15516709cog1402_1; https://keras.io/api/layers/recurrent_layers/simple_rnn/
    """

    def __init__(self, units: int, activation: object = "tanh", use_bias: bool = True, **common: Any) -> None:
        super().__init__(units, use_bias=use_bias, **common)
        self.activation = find_activation(activation)

    def equation(self, x: Array, state: State, U: StateProduct) -> Equation:
        """(W x_t + b, (h,)) -> no gates, (h_t,), and backward."""
        (h,) = state
        u, u_backward = U(h)
        h_t, activation_backward = apply_activation(self.activation, x + u)

        def backward(d_state: State) -> tuple[Array, State, Gradients]:
            dx = activation_backward(d_state[0])
            dh, d_kernel = u_backward(dx)
            return dx, (dh,), self.gradients(recurrent_kernel=d_kernel)

        return (), (h_t,), backward


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
