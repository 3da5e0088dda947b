"""The long short-term memory: a second state, the cell, which gates write, keep and read."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import flag
from core.layers.activations.find import find_activation
from core.layers.gradients import Gradients
from core.layers.recurrent.gates import gates_and_back
from core.ops.activations import sigmoid, tanh
from core.ops.recurrence import State
from core.ops.recurrence_gradient import StepBack
from text.kernels.cells import FastCell, FastLSTM
from text.layers.recurrent.cell import Cell, gate_products, gate_products_and_back
from text.layers.recurrent.rnn import RNN, check_use_cudnn


class LSTMCell(Cell):
    """One time step, with sigma the recurrent activation and phi the activation:

    i = sigma(W_i x_t + b_i + U_i h)     what is written (input gate)
    f = sigma(W_f x_t + b_f + U_f h)     what is kept (forget gate)
    g = phi(W_c x_t + b_c + U_c h)       the candidate, gate "c"
    o = sigma(W_o x_t + b_o + U_o h)     what is read (output gate)
    c_t = f * c + i * g,  h_t = o * phi(c_t); the output is h_t, the state (h_t, c_t).

    (batch, inputs) -> (batch, units); kernel W (inputs, 4 units), recurrent_kernel U (units, 4 units), bias b (4 units,),
    the gates side by side in the order i, f, c, o.
    Source: Hochreiter and Schmidhuber 1997, https://doi.org/10.1162/neco.1997.9.8.1735, with the forget gate of Gers,
    Schmidhuber and Cummins 2000; https://keras.io/api/layers/recurrent_layers/lstm/
    """

    gate_names = ("i", "f", "c", "o")
    state_names = ("hidden_state", "cell_state")

    def __init__(
        self,
        units: int,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        use_bias: bool = True,
        *,
        unit_forget_bias: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(units, use_bias=use_bias, **common)
        flag(unit_forget_bias, "unit_forget_bias")  # how the bias starts before training
        self.activation = find_activation(activation)
        self.recurrent_activation = find_activation(recurrent_activation)

    def activate(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, ...]:
        """Give the values of i, f, the candidate and o."""
        z = projected + gate_products(state[0], self.computing("recurrent_kernel"), drop)
        i, f, g, o = np.split(z, 4, axis=-1)
        sigma, phi = self.recurrent_activation, self.activation
        return sigma(i), sigma(f), phi(g), sigma(o)

    def fast_cell(self) -> FastCell | None:
        """Put the sigmoids side by side, i, f, o, c, and halve their weights; the state will be 2 h."""
        if (self.activation, self.recurrent_activation, self.dtype.name) != (tanh, sigmoid, "float32"):
            return None
        order = [0, 1, 3, 2]
        kernel, bias = (self.by_gate(name, 0.5, 0.5, 1, 0.5)[order] for name in ("kernel", "bias"))
        recurrent = self.by_gate("recurrent_kernel", 0.25, 0.25, 0.5, 0.25)[order]
        return FastLSTM(kernel, recurrent, bias, output_scale=0.5)

    def step(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State]:
        """(W x_t + b, (h, c)) -> (h_t, (h_t, c_t))."""
        i, f, g, o = self.activate(projected, state, drop)
        c = f * state[1] + i * g
        h = o * self.activation(c)
        return h, (h, c)

    def step_and_back(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State, StepBack]:
        """Back through the gates (see `core.layers.recurrent.gates`), then dh = dz @ U^T and dU = h^T @ dz."""
        h_before, c_before = state
        products, products_back = gate_products_and_back(h_before, self.computing("recurrent_kernel"), drop)
        z = projected + products
        h, c, gates_back = gates_and_back(z, c_before, self.recurrent_activation, self.activation)

        def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
            dz, dc = gates_back(d_output + d_state[0], d_state[1])
            dh, d_kernel = products_back(dz)
            return dz, (dh, dc), self.gradients(recurrent_kernel=d_kernel)

        return h, (h, c), backward


class LSTM(RNN):
    """An LSTMCell over time: (batch, time, inputs) -> (batch, units), or (batch, time, units).

    `options` are those of `RNN`. Source: https://keras.io/api/layers/recurrent_layers/lstm/
    """

    def __init__(
        self,
        units: int,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        use_bias: bool = True,
        *,
        unit_forget_bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: object = None,
        implementation: int = 2,
        use_cudnn: object = "auto",
        **options: Any,
    ) -> None:
        check_use_cudnn(use_cudnn)
        cell = LSTMCell(
            units,
            activation,
            recurrent_activation,
            use_bias,
            unit_forget_bias=unit_forget_bias,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            implementation=implementation,
            dtype=options.get("dtype"),
            name="lstm_cell",
        )
        super().__init__(cell, **options)
