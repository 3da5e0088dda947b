"""Back through the gates of an LSTM, whose equation is the same behind matrix products and behind convolutions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.layers.activations.find import apply_activation
from core.ops.activations import Activation

#: (dh_t, dc_t) -> (dz, dc): from the gradients of the new state to those of the gates' sums and of the cell before.
GatesBack: TypeAlias = Callable[[Array, Array], tuple[Array, Array]]


def gates_and_back(z: Array, c_before: Array, sigma: Activation, phi: Activation) -> tuple[Array, Array, GatesBack]:
    """c_t = f c + i g, h_t = o phi(c_t), where i, f, o = sigma(z_i), sigma(z_f), sigma(z_o) and g = phi(z_g); and back:

    do = dh_t phi(c_t), dc_t += dh_t o phi'(c_t), di = dc_t g, df = dc_t c, dg = dc_t i, dc = dc_t f,
    dz = the gradients of the gates times the slope of each. z (..., 4 units), in the order i, f, g, o, and c (..., units).
    """
    z_i, z_f, z_g, z_o = np.split(z, 4, axis=-1)
    i, i_back = apply_activation(sigma, z_i)
    f, f_back = apply_activation(sigma, z_f)
    g, g_back = apply_activation(phi, z_g)
    o, o_back = apply_activation(sigma, z_o)
    c = f * c_before + i * g
    read, read_back = apply_activation(phi, c)

    def backward(dh: Array, dc_after: Array) -> tuple[Array, Array]:
        dc = dc_after + read_back(dh * o)
        gates = (i_back(dc * g), f_back(dc * c_before), g_back(dc * i), o_back(dh * read))
        return np.concatenate(gates, axis=-1), dc * f

    return o * read, c, backward
