"""One time step of a convolutional LSTM: an LSTM's equation with convolutions where its matrix products are."""

from __future__ import annotations

import math
from typing import Any, ClassVar, NamedTuple

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, integers, number, one_of
from core.errors import InputError
from core.layers.activations.find import find_activation
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.layers.recurrent.gates import gates_and_back
from core.ops.convolution import convolve, input_gradient, kernel_gradient
from core.ops.product import column_sums
from core.ops.recurrence import State
from core.ops.recurrence_gradient import StepBack
from core.ops.windows import Window

_GATES = 4


class Dropout(NamedTuple):
    """What is forgotten in training, for all time steps alike: (gates, batch, *sizes, channels), or None."""

    inputs: Array | None = None
    state: Array | None = None


class ConvLSTMCell(Layer):
    """One time step, with * a convolution, sigma the recurrent activation and phi the activation:

    i = sigma(W_i * x + b_i + U_i * h), f and o likewise, g = phi(W_c * x + b_c + U_c * h);
    c_t = f c + i g, h_t = o phi(c_t); the output is h_t, the state (h_t, c_t). U never strides and keeps the size.

    (batch, *sizes, channels) -> (batch, *places, filters); kernel W (*kernel_size, channels, 4 filters), recurrent_kernel
    U (*kernel_size, filters, 4 filters), bias b (4 filters,), the gates in the order i, f, c, o. Channels come last here.
    Source: Shi et al. 2015, https://arxiv.org/abs/1506.04214
    """

    gate_names: ClassVar[tuple[str, ...]] = ("i", "f", "c", "o")

    def __init__(
        self,
        rank: int,
        filters: int,
        kernel_size: Any,
        strides: Any = 1,
        padding: str = "valid",
        dilation_rate: Any = 1,
        activation: object = "tanh",
        recurrent_activation: object = "sigmoid",
        use_bias: bool = True,
        unit_forget_bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        flag(unit_forget_bias, "unit_forget_bias")  # how the bias starts before training
        self.filters = integer(filters, "filters")
        size = integers(kernel_size, "kernel_size", count=rank)
        self.window = Window(
            size,
            strides=integers(strides, "strides", count=rank),
            dilation=integers(dilation_rate, "dilation_rate", count=rank),
            padding=one_of(padding.lower() if isinstance(padding, str) else padding, "padding", ("valid", "same")),
        )
        self.recurrent_window = Window(size, (1,) * rank, (1,) * rank, "same")
        self.activation = find_activation(activation)
        self.recurrent_activation = find_activation(recurrent_activation)
        self.use_bias = flag(use_bias, "use_bias")
        self.dropout = number(dropout, "dropout", minimum=0.0, maximum=1.0)
        self.recurrent_dropout = number(recurrent_dropout, "recurrent_dropout", minimum=0.0, maximum=1.0)

    def build(self, input_shape: Shape) -> None:
        """Declare the kernels and the bias."""
        self.declare("kernel", (*self.window.size, input_shape[-1], _GATES * self.filters))
        self.declare("recurrent_kernel", (*self.window.size, self.filters, _GATES * self.filters))
        if self.use_bias:
            self.declare("bias", (_GATES * self.filters,))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, channels) -> (batch, *places, filters)."""
        return (input_shape[0], *self.window.output_sizes(input_shape[1:-1]), self.filters)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the two convolutions of one time step."""
        places, channels = self.compute_output_shape(input_shape)[1:-1], input_shape[-1]
        if channels is None or None in places:
            return None
        cells = math.prod(size or 0 for size in places) * math.prod(self.window.size)
        return cells * (channels + self.filters) * _GATES * self.filters

    def project(self, x: Array, drop: Array | None = None) -> Array:
        """W * x + b for all gates and all time steps: (batch, time, *sizes, channels) -> (..., *places, 4 filters)."""
        drop = None if drop is None else drop[:, :, None]

        def along(images: Array, kernel: Array) -> Array:
            y = convolve(images.reshape(-1, *images.shape[2:]), kernel, self.window)
            return y.reshape(*images.shape[:2], *y.shape[1:])

        y = self._by_gate(along, x, self.computing("kernel"), drop)
        return y + self.computing("bias") if self.use_bias else y

    def step(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State]:
        """(W * x_t + b, (h, c)) -> (h_t, (h_t, c_t))."""

        def along(images: Array, kernel: Array) -> Array:
            return convolve(images, kernel, self.recurrent_window)

        z = projected + self._by_gate(along, state[0], self.computing("recurrent_kernel"), drop)
        i, f, g, o = np.split(z, _GATES, axis=-1)
        sigma, phi = self.recurrent_activation, self.activation
        c = sigma(f) * state[1] + sigma(i) * phi(g)
        h = sigma(o) * phi(c)
        return h, (h, c)

    def _by_gate(self, along: Any, x: Array, kernel: Array, drop: Array | None) -> Array:
        """Convolve for all gates at once; in training each gate sees x through its own draw."""
        if drop is None:
            y: Array = along(x, kernel)
            return y
        parts = np.split(kernel, _GATES, axis=-1)
        return np.concatenate([along(x * keep, part) for keep, part in zip(drop, parts, strict=True)], axis=-1)

    # --- and back ---------------------------------------------------------------------------------------------------

    def project_and_back(self, x: Array, drop: Array | None = None) -> tuple[Array, Backward]:
        """Do as `project`; db = sum of dz, the rest is that of a convolution of all time steps at once."""
        drop = None if drop is None else drop[:, :, None]
        kernel = self.computing("kernel")

        def backward(dz: Array) -> tuple[Array, Gradients]:
            dx, d_kernel = _by_gate_back(x, kernel, self.window, drop, dz)
            found = {"kernel": d_kernel}
            if self.use_bias:
                found["bias"] = column_sums(dz)
            return dx, self.gradients(**found)

        return self.project(x, None if drop is None else drop[:, :, 0]), backward

    def step_and_back(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State, StepBack]:
        """Back through the gates (see `core.layers.recurrent.gates`), then through the convolution of h."""
        h_before, c_before = state
        kernel, window = self.computing("recurrent_kernel"), self.recurrent_window
        z = projected + self._by_gate(lambda images, part: convolve(images, part, window), h_before, kernel, drop)
        h, c, gates_back = gates_and_back(z, c_before, self.recurrent_activation, self.activation)

        def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
            dz, dc = gates_back(d_output + d_state[0], d_state[1])
            dh, d_kernel = _by_gate_back(h_before, kernel, window, drop, dz)
            return dz, (dh, dc), self.gradients(recurrent_kernel=d_kernel)

        return h, (h, c), backward

    def draw(self, input_shape: Shape, state_shape: Shape, rng: np.random.Generator | None) -> Dropout:
        """Draw what is forgotten in training: 0 with the probability of the rate, else 1 / (1 - rate)."""
        if not self.dropout and not self.recurrent_dropout:
            return Dropout()
        if rng is None:
            raise InputError(f"{self} draws at random in training: pass rng=numpy.random.default_rng(seed) to forward")
        found = []
        for rate, shape in ((self.dropout, input_shape), (self.recurrent_dropout, state_shape)):
            scale = 0.0 if rate == 1 else 1 / (1 - rate)
            keep = (rng.random((_GATES, *(size or 0 for size in shape))) >= rate) * scale
            found.append(keep.astype(self.dtype.compute_dtype) if rate else None)
        return Dropout(*found)


def _by_gate_back(x: Array, kernel: Array, window: Window, drop: Array | None, dz: Array) -> tuple[Array, Array]:
    """Give dx and d kernel of the convolutions of (batch, [time,] *sizes, channels), each gate through its own draw."""
    sizes = x.shape[-1 - window.rank : -1]
    keeps = [None] if drop is None else list(drop)
    dx, found = np.zeros_like(x), []
    parts = zip(keeps, np.split(kernel, len(keeps), axis=-1), np.split(dz, len(keeps), axis=-1), strict=True)
    for keep, part, d_part in parts:
        seen = x if keep is None else x * keep
        gradient = d_part.reshape(-1, *d_part.shape[-1 - window.rank :])
        d_seen = input_gradient(gradient, part, window, sizes).reshape(x.shape)
        dx += d_seen if keep is None else d_seen * keep
        found.append(kernel_gradient(seen.reshape(-1, *sizes, x.shape[-1]), gradient, window))
    return dx, np.concatenate(found, axis=-1)
