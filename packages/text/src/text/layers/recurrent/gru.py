"""The gated recurrent unit: the new state mixes the one before with a candidate, and a gate decides how much of each."""

from __future__ import annotations

from typing import Any

import numpy as np

from core.arrays import Array
from core.checks import flag
from core.layers.activations.find import apply_activation, find_activation
from core.layers.gradients import Gradients
from core.ops.activations import sigmoid, tanh
from core.ops.product import column_sums
from core.ops.recurrence import State
from core.ops.recurrence_gradient import StepBack
from text.kernels.cells import FastCell, FastGRU
from text.layers.recurrent.cell import Cell, gate_products, gate_products_and_back
from text.layers.recurrent.rnn import RNN, check_use_cudnn


class GRUCell(Cell):
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
        """Give the bias that goes with the input."""
        bias = self.computing("bias")
        return bias[0] if self.reset_after else bias

    def activate(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, ...]:
        """Give the values of z, r and the candidate."""
        h, U = state[0], self.computing("recurrent_kernel")
        x_z, x_r, x_h = np.split(projected, 3, axis=-1)
        if self.reset_after:
            inner = gate_products(h, U, drop)
            if self.use_bias:
                inner = inner + self.computing("bias")[1]
            u_z, u_r, u_h = np.split(inner, 3, axis=-1)
        else:
            u_z, u_r = np.split(
                gate_products(h, U[:, : 2 * self.units], None if drop is None else drop[:2]), 2, axis=-1
            )
        z = self.recurrent_activation(x_z + u_z)
        r = self.recurrent_activation(x_r + u_r)
        if not self.reset_after:
            u_h = gate_products(r * h, U[:, 2 * self.units :], None if drop is None else drop[2:])
            return z, r, self.activation(x_h + u_h)
        return z, r, self.activation(x_h + r * u_h)

    def fast_cell(self) -> FastCell | None:
        """Halve the weights of the sigmoids, and those that will meet 2 r."""
        if (self.activation, self.recurrent_activation, self.dtype.name) != (tanh, sigmoid, "float32"):
            return None
        kernel = self.by_gate("kernel", 0.5, 0.5, 1)
        recurrent = self.by_gate("recurrent_kernel", 0.5, 0.5, 0.5)
        bias, inner = self.by_gate("bias", 0.5, 0.5, 1), None
        if self.reset_after and self.use_bias:  # (gates, 2, units): of the input, and of the state
            inner = bias[2, 1] / 2
            bias = np.stack([bias[0].sum(axis=0), bias[1].sum(axis=0), bias[2, 0]])
        return FastGRU(kernel, recurrent, bias, reset_after=self.reset_after, inner=inner)

    def step(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State]:
        """(W x_t + b, (h,)) -> (h_t, (h_t,))."""
        z, _, g = self.activate(projected, state, drop)
        h = z * state[0] + (1 - z) * g
        return h, (h,)

    def input_bias_gradient(self, gradient: Array) -> Array:
        """With `reset_after` the input's bias is the first of two rows."""
        return np.stack([gradient, np.zeros_like(gradient)]) if self.reset_after else gradient

    def step_and_back(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State, StepBack]:
        """Back through h_t = z * h + (1 - z) * g: dz = dh_t * (h - g), dg = dh_t * (1 - z), dh = dh_t * z + ...

        With `reset_after` r takes its gradient from r * (U_h h), else from r * h within U_h (r * h).
        """
        h, U, units = state[0], self.computing("recurrent_kernel"), self.units
        early = U if self.reset_after else U[:, : 2 * units]
        inner, inner_back = gate_products_and_back(h, early, drop if self.reset_after or drop is None else drop[:2])
        if self.reset_after and self.use_bias:
            inner = inner + self.computing("bias")[1]
        x_z, x_r, x_h = np.split(projected, 3, axis=-1)
        z, z_back = apply_activation(self.recurrent_activation, x_z + inner[:, :units])
        r, r_back = apply_activation(self.recurrent_activation, x_r + inner[:, units : 2 * units])
        if self.reset_after:
            u_h = inner[:, 2 * units :]
            g, g_back = apply_activation(self.activation, x_h + r * u_h)
        else:
            u_h, late_back = gate_products_and_back(r * h, U[:, 2 * units :], None if drop is None else drop[2:])
            g, g_back = apply_activation(self.activation, x_h + u_h)
        new = z * h + (1 - z) * g

        def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
            dh = d_output + d_state[0]
            d_g = g_back(dh * (1 - z))
            d_z = z_back(dh * (h - g))
            if self.reset_after:
                d_r = r_back(d_g * u_h)
                d_inner = np.concatenate([d_z, d_r, d_g * r], axis=-1)
                d_before, d_kernel = inner_back(d_inner)
                gradients = self.gradients(recurrent_kernel=d_kernel)
                if self.use_bias:
                    d_bias = column_sums(d_inner)
                    gradients |= self.gradients(bias=np.stack([np.zeros_like(d_bias), d_bias]))
            else:
                d_reset, d_late = late_back(d_g)
                d_r = r_back(d_reset * h)
                d_before, d_early = inner_back(np.concatenate([d_z, d_r], axis=-1))
                d_before = d_before + d_reset * r
                gradients = self.gradients(recurrent_kernel=np.concatenate([d_early, d_late], axis=-1))
            return np.concatenate([d_z, d_r, d_g], axis=-1), (d_before + dh * z,), gradients

        return new, (new,), backward


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
