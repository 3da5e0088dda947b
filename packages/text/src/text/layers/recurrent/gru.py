"""The gated recurrent unit: the new state mixes the one before with a candidate, and a gate decides how much of each."""

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
from core.ops.product import column_sums
from text.layers.recurrent.rnn import RNN, check_use_cudnn


class GRUCell(GatedCell):
    """One time step, with sigma the recurrent activation and phi the activation:

    z = sigma(W_z x_t + b_z + U_z h)            how much of the state stays (update gate)
    r = sigma(W_r x_t + b_r + U_r h)            how much of it the candidate sees (reset gate)
    g = phi(W_h x_t + b_h + r * (U_h h))        the candidate, gate "h", with `reset_after`; without it
    g = phi(W_h x_t + b_h + U_h (r * h))
    h_t = z * h + (1 - z) * g, which is output and state.

    (batch, inputs) -> (batch, units); kernel W (inputs, 3 units), recurrent_kernel U (units, 3 units), the gates in the
    order z, r, h. bias (3 units,); with `reset_after` (2, 3 units), row 0 as above, row 1 added to U h.
    Source: Cho et al. 2014, https://arxiv.org/abs/1406.1078 (v1 resets after the product, v3 before);
    https://keras.io/api/layers/recurrent_layers/gru/
    """

    gate_names = ("z", "r", "h")

    def __init__(
        self,
        units: int,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        use_bias: bool = True,
        *,
        reset_after: bool = True,
        **common: Any,
    ) -> None:
        super().__init__(units, use_bias=use_bias, **common)
        self.reset_after = flag(reset_after, "reset_after")
        self.activation = find_activation(activation)
        self.recurrent_activation = find_activation(recurrent_activation)

    def bias_shape(self, columns: int) -> tuple[int, ...]:
        """With `reset_after` the product with the state has a bias of its own."""
        return (2, columns) if self.reset_after else (columns,)

    def input_bias(self) -> Array:
        """Return the bias that goes with the input."""
        bias = self.computing("bias")
        return bias[0] if self.reset_after else bias

    def input_bias_gradient(self, gradient: Array) -> Array:
        """With `reset_after` the input's bias is the first of two rows."""
        return np.stack([gradient, np.zeros_like(gradient)]) if self.reset_after else gradient

    def equation(self, x: Array, state: State, U: StateProduct) -> Equation:
        """(W x_t + b, (h,)) -> (z, r, g), (h_t,), and backward; r takes its gradient from r * (U_h h) or from U_h (r * h)."""
        (h,) = state
        x_z, x_r, x_h = self.by_gate(x)
        u, u_backward = (U if self.reset_after else U.of_gates(0, 2))(h)
        if self.reset_after and self.use_bias:
            u += self.computing("bias")[1]
        u_z, u_r, *candidate = self.by_gate(u)
        z, z_backward = apply_activation(self.recurrent_activation, x_z + u_z)
        r, r_backward = apply_activation(self.recurrent_activation, x_r + u_r)
        if self.reset_after:
            (u_h,) = candidate
            g, g_backward = apply_activation(self.activation, x_h + r * u_h)
        else:
            u_h, late_backward = U.of_gates(2, 3)(r * h)
            g, g_backward = apply_activation(self.activation, x_h + u_h)

        def backward(d_state: State) -> tuple[Array, State, Gradients]:
            (dh_t,) = d_state
            d_z, d_g = z_backward(dh_t * (h - g)), g_backward(dh_t * (1 - z))
            if self.reset_after:
                d_r = r_backward(d_g * u_h)
                d_u = np.concatenate([d_z, d_r, d_g * r], axis=-1)
                dh, d_kernel = u_backward(d_u)
                gradients = self.gradients(recurrent_kernel=d_kernel)
                if self.use_bias:
                    d_bias = column_sums(d_u)
                    gradients |= self.gradients(bias=np.stack([np.zeros_like(d_bias), d_bias]))
            else:
                d_reset, d_late = late_backward(d_g)
                d_r = r_backward(d_reset * h)
                dh, d_early = u_backward(np.concatenate([d_z, d_r], axis=-1))
                dh = dh + d_reset * r
                gradients = self.gradients(recurrent_kernel=np.concatenate([d_early, d_late], axis=-1))
            return np.concatenate([d_z, d_r, d_g], axis=-1), (dh + dh_t * z,), gradients

        return (z, r, g), (z * h + (1 - z) * g,), backward


class GRU(RNN):
    """A GRUCell over time: (batch, time, inputs) -> (batch, units), or (batch, time, units).

    `options` are those of `RNN`. Source: https://keras.io/api/layers/recurrent_layers/gru/
    """

    def __init__(
        self,
        units: int,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        use_bias: bool = True,
        *,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: object = None,
        implementation: int = 2,
        reset_after: bool = True,
        use_cudnn: object = "auto",
        **options: Any,
    ) -> None:
        check_use_cudnn(use_cudnn)
        cell = GRUCell(
            units,
            activation,
            recurrent_activation,
            use_bias,
            reset_after=reset_after,
            dropout=dropout,
            recurrent_dropout=recurrent_dropout,
            seed=seed,
            implementation=implementation,
            dtype=options.get("dtype"),
            name="gru_cell",
        )
        super().__init__(cell, **options)
