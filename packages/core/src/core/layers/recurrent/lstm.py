"""The long short-term memory: a second state, the cell, which gates write, keep and read."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import flag
from core.layers.activations.find import apply_activation, find_activation
from core.layers.gradients import Gradients
from core.layers.recurrent.gates import Equation, GatedCell
from core.layers.recurrent.loop import State
from core.layers.recurrent.products import StateProduct


class LSTMCell(GatedCell):
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

    def equation(self, x: Array, state: State, U: StateProduct) -> Equation:
        """(W x_t + b, (h, c)) -> (i, f, g, o), (h_t, c_t), and backward: each gate takes its gradient by its own slope."""
        h, c = state
        u, u_backward = U(h)
        z_i, z_f, z_g, z_o = self.by_gate(x + u)
        i, i_backward = apply_activation(self.recurrent_activation, z_i)
        f, f_backward = apply_activation(self.recurrent_activation, z_f)
        g, g_backward = apply_activation(self.activation, z_g)
        o, o_backward = apply_activation(self.recurrent_activation, z_o)
        c_t = f * c + i * g
        read, read_backward = apply_activation(self.activation, c_t)

        def backward(d_state: State) -> tuple[Array, State, Gradients]:
            dh_t, dc_t = d_state
            dc = dc_t + read_backward(dh_t * o)
            dz = [i_backward(dc * g), f_backward(dc * c), g_backward(dc * i), o_backward(dh_t * read)]
            dx = np.concatenate(dz, axis=-1)
            dh, d_kernel = u_backward(dx)
            return dx, (dh, dc * f), self.gradients(recurrent_kernel=d_kernel)

        return (i, f, g, o), (o * read, c_t), backward
