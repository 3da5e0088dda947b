"""A cell is one time step of a recurrent network: (input, state) -> (output, new state).

Each cell writes its equation in two parts. `project` is what depends on the input alone, W x + b, so that a whole
sequence can be projected by one matrix product; `step` adds what depends on the state.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from core.arrays import Array, Shape
from core.checks import flag, integer, number, one_of
from core.errors import InputError, UnsupportedLayerError
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.ops.product import column_sums
from core.ops.recurrence import State, Step
from core.ops.recurrence_gradient import StepAndBack, StepBack
from text.kernels.cells import FastCell
from text.layers.recurrent.one_step import one_step_and_back

#: The part of a step that needs no state, for one time step or for all of them at once.
Project: TypeAlias = Callable[[Array], Array]
#: The same with its way back.
ProjectAndBack: TypeAlias = Callable[[Array], tuple[Array, Backward]]


class Gate(NamedTuple):
    """The parameters of one gate, as views of the cell's: kernel (inputs, units), recurrent_kernel (units, units), bias."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None


class Dropout(NamedTuple):
    """What a cell forgets in training, drawn once for all time steps: arrays (1 or gates, batch, features), or None."""

    inputs: Array | None = None
    state: Array | None = None


class Cell(Layer):
    """The common part of SimpleRNNCell, LSTMCell and GRUCell: parameters side by side for all gates, and dropout.

    kernel (inputs, gates * units), recurrent_kernel (units, gates * units), bias (gates * units,).
    """

    #: The gates in the order in which they lie in the kernels.
    gate_names: ClassVar[tuple[str, ...]] = ()
    #: What the state's arrays are called in a trace.
    state_names: ClassVar[tuple[str, ...]] = ("hidden_state",)

    def __init__(
        self,
        units: int,
        *,
        use_bias: bool = True,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: object = None,
        implementation: int = 2,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        del seed  # the draw comes from the generator that is passed in
        self.units = integer(units, "units")
        self.use_bias = flag(use_bias, "use_bias")
        self.dropout = number(dropout, "dropout", minimum=0.0, maximum=1.0)
        self.recurrent_dropout = number(recurrent_dropout, "recurrent_dropout", minimum=0.0, maximum=1.0)
        self.implementation = one_of(implementation, "implementation", (0, 1, 2))

    @property
    def state_size(self) -> tuple[int, ...]:
        """The size of each array of the state."""
        return (self.units,) * len(self.state_names)

    @property
    def output_size(self) -> int:
        """The size of the output."""
        return self.units

    @property
    def gates(self) -> dict[str, Gate]:
        """The parameters of each gate by its name: ``cell.gates["f"].bias``. They are views, not copies."""
        found = {}
        for number_, name in enumerate(self.gate_names):
            part = slice(number_ * self.units, (number_ + 1) * self.units)
            bias = self.bias[..., part] if self.use_bias else None
            found[name] = Gate(self.kernel[:, part], self.recurrent_kernel[:, part], bias)
        return found

    def build(self, input_shape: Shape) -> None:
        """Declare kernel, recurrent kernel and bias."""
        columns = self.units * max(len(self.gate_names), 1)
        self.declare("kernel", (input_shape[-1], columns))
        self.declare("recurrent_kernel", (self.units, columns))
        if self.use_bias:
            self.declare("bias", self.bias_shape(columns))

    def bias_shape(self, columns: int) -> tuple[int, ...]:
        """Give the shape of the bias."""
        return (columns,)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, inputs) -> (batch, units)."""
        return (input_shape[0], self.units)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the two matrix products of one time step."""
        inputs = input_shape[-1]
        return None if inputs is None else (inputs + self.units) * self.units * max(len(self.gate_names), 1)

    def fast_cell(self) -> FastCell | None:
        """Give the weights as the fast form wants them, or None where this cell has none; see `text.kernels.cells`."""
        return None

    def by_gate(self, name: str, *scales: float) -> Array:
        """Cut a parameter in its gates, (gates, ..., units), each times its own of the `scales`; zeros for a missing bias."""
        count = max(len(self.gate_names), 1)
        value = (
            np.zeros(count * self.units, np.float32) if name == "bias" and not self.use_bias else getattr(self, name)
        )
        parts = zip(np.split(value, count, axis=-1), scales, strict=True)
        return np.stack([part * np.float32(scale) for part, scale in parts])

    # --- one time step ----------------------------------------------------------------------------------------------

    def call(
        self, inputs: Array, states: Any, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Array, State]:
        """(batch, inputs) and the state -> the output (batch, units) and the new state."""
        project, step = self.begin(*inputs.shape, training=training, rng=rng)
        return step(project(inputs), tuple(states))

    def begin(
        self, batch: int, inputs: int, *, training: bool = False, rng: np.random.Generator | None = None
    ) -> tuple[Project, Step]:
        """Give `project` and `step` for one sequence; in training both forget what is drawn here, for all time steps."""
        drop = self._draw(batch, inputs, rng) if training and (self.dropout or self.recurrent_dropout) else Dropout()
        return partial(self.project, drop=drop.inputs), partial(self.step, drop=drop.state)

    def look(self, projected: Array, state: State) -> tuple[dict[str, Array], Array, State]:
        """Take one step and give, beside its output and state, every gate and state by name."""
        gates = dict(zip(self.gate_names, self.activate(projected, state), strict=True))
        output, new_state = self.step(projected, state)
        return gates | dict(zip(self.state_names, new_state, strict=True)), output, new_state

    def project(self, x: Array, drop: Array | None = None) -> Array:
        """W x + b for all gates: (..., inputs) -> (..., gates * units)."""
        projected = gate_products(x, self.computing("kernel"), drop)
        return projected + self.input_bias() if self.use_bias else projected

    def input_bias(self) -> Array:
        """Give the bias that goes with the input."""
        return self.computing("bias")

    # --- and back ---------------------------------------------------------------------------------------------------

    def call_with_backward(
        self, inputs: Array, states: Any, *, training: bool = True, rng: np.random.Generator | None = None
    ) -> tuple[tuple[Array, State], Backward]:
        """One step, and back through it."""
        return one_step_and_back(self, inputs, tuple(states), training=training, rng=rng)

    def begin_and_back(
        self, batch: int, inputs: int, *, training: bool = True, rng: np.random.Generator | None = None
    ) -> tuple[ProjectAndBack, StepAndBack]:
        """Do as `begin`, with the way back through each of the two parts."""
        drop = self._draw(batch, inputs, rng) if training and (self.dropout or self.recurrent_dropout) else Dropout()
        return partial(self.project_and_back, drop=drop.inputs), partial(self.step_and_back, drop=drop.state)

    def project_and_back(self, x: Array, drop: Array | None = None) -> tuple[Array, Backward]:
        """dx = dz @ W^T, dW = x^T @ dz, db = sum of dz, over all time steps at once."""
        products, products_back = gate_products_and_back(x, self.computing("kernel"), drop)

        def backward(dz: Array) -> tuple[Array, Gradients]:
            dx, d_kernel = products_back(dz)
            gradients = self.gradients(kernel=d_kernel)
            if self.use_bias:
                gradients |= self.gradients(bias=self.input_bias_gradient(column_sums(dz)))
            return dx, gradients

        return products + self.input_bias() if self.use_bias else products, backward

    def input_bias_gradient(self, gradient: Array) -> Array:
        """Write the gradient of `input_bias` as that of the whole bias."""
        return gradient

    def step_and_back(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State, StepBack]:
        """Do as `step`, and give the way back: (d output, d new state) -> (d projected, d state, gradients)."""
        raise UnsupportedLayerError(f"{self}: the way back through a {type(self).__name__} is not known")

    # --- gates ------------------------------------------------------------------------------------------------------

    def activate(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, ...]:
        """Give the value of each gate, in the order of `gate_names`."""
        del projected, state, drop
        return ()

    def step(self, projected: Array, state: State, drop: Array | None = None) -> tuple[Array, State]:
        """(W x_t + b, state) -> (output, new state)."""
        raise NotImplementedError

    # --- dropout ----------------------------------------------------------------------------------------------------

    def _draw(self, batch: int, inputs: int, rng: np.random.Generator | None) -> Dropout:
        """Draw what is forgotten: each gate for itself where Keras does so, else the same for all of them."""
        if rng is None:
            raise InputError(f"{self} draws at random in training: pass rng=numpy.random.default_rng(seed) to forward")
        apart = (self.implementation == 1 or self.recurrent_dropout > 0) and self.gate_names
        count = len(self.gate_names) if apart else 1
        return Dropout(
            self._keep(rng, self.dropout, (count, batch, inputs)),
            self._keep(rng, self.recurrent_dropout, (count, batch, self.units)),
        )

    def _keep(self, rng: np.random.Generator, rate: float, shape: tuple[int, ...]) -> Array | None:
        """0 with probability `rate`, else 1 / (1 - rate); None where nothing is forgotten."""
        if rate == 0:
            return None
        scale = 0.0 if rate == 1 else 1 / (1 - rate)
        return ((rng.random(shape) >= rate) * scale).astype(self.dtype.compute_dtype)


def gate_products(x: Array, kernel: Array, drop: Array | None) -> Array:
    """x @ kernel; in training each gate sees x, (batch, inputs) or (batch, time, inputs), through its draw of `drop`."""
    if drop is None:
        return np.reshape(x.reshape(-1, x.shape[-1]) @ kernel, (*x.shape[:-1], kernel.shape[-1]))
    if x.ndim == 3:
        drop = drop[:, :, None]
    parts = np.split(kernel, len(drop), axis=-1)
    return np.concatenate([(x * keep) @ part for keep, part in zip(drop, parts, strict=True)], axis=-1)


def gate_products_and_back(
    x: Array, kernel: Array, drop: Array | None
) -> tuple[Array, Callable[[Array], tuple[Array, Array]]]:
    """`gate_products`, and the function from dz to dx and d kernel."""

    def backward(dz: Array) -> tuple[Array, Array]:
        if drop is None:
            rows, columns = x.reshape(-1, x.shape[-1]), dz.reshape(-1, dz.shape[-1])
            return np.reshape(columns @ kernel.T, x.shape), rows.T @ columns
        keeps = drop[:, :, None] if x.ndim == 3 else drop
        dx, found = np.zeros_like(x), []
        for keep, part, d_part in zip(
            keeps, np.split(kernel, len(drop), axis=-1), np.split(dz, len(drop), axis=-1), strict=True
        ):
            dx += d_part @ part.T * keep
            found.append((x * keep).reshape(-1, x.shape[-1]).T @ d_part.reshape(-1, d_part.shape[-1]))
        return dx, np.concatenate(found, axis=-1)

    return gate_products(x, kernel, drop), backward
