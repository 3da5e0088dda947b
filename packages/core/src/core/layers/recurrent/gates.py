"""A gated cell: the parameters of all gates side by side, one product with the input and one with the state.

A cell of this kind says its names and its `equation`. Whether the products are those of matrices or convolutions is all
in which a ConvLSTM differs from an LSTM.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple, TypeAlias

import numpy as np

from core.arrays import Array, Shape, known_size
from core.checks import flag, integer, number, one_of
from core.layers.gradients import Backward, Gradients
from core.layers.recurrent.cell import Cell, Project
from core.layers.recurrent.loop import State, StateBackward, TimeStep
from core.layers.recurrent.products import Keep, MatrixProduct, Product, StateProduct, gate_products
from core.ops.product import column_sums

#: The gates in the order of `gate_names`, the new state, whose first array is the output, and from the gradients of the new
#: state to those of the projected input, of the state before, and of the parameters.
Equation: TypeAlias = tuple[tuple[Array, ...], State, Callable[[State], tuple[Array, State, Gradients]]]


class Gate(NamedTuple):
    """The parameters of one gate, as views of the cell's: kernel (inputs, units), recurrent_kernel (units, units), bias."""

    kernel: Array
    recurrent_kernel: Array
    bias: Array | None


class GatedCell(Cell):
    """The common part of SimpleRNNCell, LSTMCell, GRUCell and ConvLSTMCell.

    kernel (inputs, gates * units), recurrent_kernel (units, gates * units), bias (gates * units,); the kernels have more axes
    in front where the products ask for them. `dropout` and `recurrent_dropout` forget in training what a gate sees of
    the input and of the state.
    """

    #: The gates in the order in which they lie in the kernels.
    gate_names: ClassVar[tuple[str, ...]] = ()
    #: What the state's arrays are called in a trace.
    state_names: ClassVar[tuple[str, ...]] = ("hidden_state",)
    #: What the kernel does with the input, and the recurrent kernel with the state.
    product: Product = MatrixProduct()
    recurrent_product: Product = MatrixProduct()

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
        """The size of each array of the state, along its last axis."""
        return (self.units,) * len(self.state_names)

    @property
    def gates(self) -> dict[str, Gate]:
        """The parameters of each gate by its name: ``cell.gates["f"].bias``. They are views, not copies."""
        found = {}
        for position, name in enumerate(self.gate_names):
            part = slice(position * self.units, (position + 1) * self.units)
            bias = self.bias[..., part] if self.use_bias else None
            found[name] = Gate(self.kernel[..., part], self.recurrent_kernel[..., part], bias)
        return found

    @property
    def gate_count(self) -> int:
        """How many gates lie side by side; a cell without names has one."""
        return max(len(self.gate_names), 1)

    def build(self, input_shape: Shape) -> None:
        """Declare kernel, recurrent kernel and bias."""
        columns = self.units * self.gate_count
        self.declare("kernel", (*self.product.kernel_size, input_shape[-1], columns))
        self.declare("recurrent_kernel", (*self.recurrent_product.kernel_size, self.units, columns))
        if self.use_bias:
            self.declare("bias", self.bias_shape(columns))

    def bias_shape(self, columns: int) -> tuple[int, ...]:
        """Return the shape of the bias."""
        return (columns,)

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """(batch, *sizes, inputs) -> (batch, *positions, units)."""
        return (input_shape[0], *self.product.output_sizes(input_shape[1:-1]), self.units)

    def state_shapes(self, input_shape: Shape) -> list[Shape]:
        """Return the shape of each array of the state: that of the output."""
        return [self.compute_output_shape(input_shape)] * len(self.state_names)

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Those of the two products of one time step."""
        inputs, positions = input_shape[-1], self.compute_output_shape(input_shape)[1:-1]
        each = known_size((*positions, *self.product.kernel_size))
        return None if inputs is None or each is None else each * (inputs + self.units) * self.units * self.gate_count

    # --- one time step ----------------------------------------------------------------------------------------------

    def begin(
        self,
        input_shape: tuple[int, ...],
        *,
        training: bool = False,
        rng: np.random.Generator | None = None,
        wants_backward: bool = True,
    ) -> tuple[Project, TimeStep]:
        """Return `project` and `step` for one sequence, with what both drop in training at all its steps."""
        del wants_backward  # what goes back is a few names for what was computed anyway
        keep, recurrent_keep = self.draw(input_shape, rng) if training else (None, None)
        return partial(self.project, keep=keep), partial(self.step, U=self.state_product(recurrent_keep))

    def project(self, x: Array, keep: Keep = None) -> tuple[Array, Backward]:
        """W x + b for all gates, (..., inputs) -> (..., gates * units), and backward; db = sum of dy."""
        if keep is not None and x.ndim == keep.ndim:
            keep = keep[:, :, None]  # the same for all time steps
        y, product_backward = gate_products(self.product, x, self.computing("kernel"), keep)
        if self.use_bias:
            y += self.input_bias()

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dx, d_kernel = product_backward(dy)
            gradients = self.gradients(kernel=d_kernel)
            if self.use_bias:
                gradients |= self.gradients(bias=self.input_bias_gradient(column_sums(dy)))
            return dx, gradients

        return y, backward

    def step(self, projected: Array, state: State, U: StateProduct) -> tuple[Array, State, StateBackward]:
        """(W x_t + b, state) -> the output, which is the first array of the new state, that state, and backward."""
        _, new_state, equation_backward = self.equation(projected, state, U)

        def backward(d_output: Array, d_state: State) -> tuple[Array, State, Gradients]:
            return equation_backward((d_output + d_state[0], *d_state[1:]))

        return new_state[0], new_state, backward

    def equation(self, x: Array, state: State, U: StateProduct) -> Equation:
        """(W x_t + b, state) -> the gates, the new state, and backward; ``U(h)`` is U h and its backward."""
        raise NotImplementedError

    def look(self, projected: Array, state: State) -> tuple[dict[str, Array], Array, State]:
        """Take one step, and return every gate and state by name, the output and the new state."""
        gates, new_state, _ = self.equation(projected, state, self.state_product())
        named = [*zip(self.gate_names, gates, strict=True), *zip(self.state_names, new_state, strict=True)]
        return dict(named), new_state[0], new_state

    def state_product(self, keep: Keep = None) -> StateProduct:
        """Return the function from h to U h, as it stays for a whole sequence."""
        return StateProduct(self.recurrent_product, self.computing("recurrent_kernel"), keep, self.units)

    def by_gate(self, sums: Array) -> list[Array]:
        """Cut what lies side by side, (..., gates * units), in its gates."""
        return [sums[..., start : start + self.units] for start in range(0, sums.shape[-1], self.units)]

    def input_bias(self) -> Array:
        """Return the bias that goes with the input."""
        return self.computing("bias")

    def input_bias_gradient(self, gradient: Array) -> Array:
        """Write the gradient of `input_bias` as that of the whole bias."""
        return gradient

    # --- dropout ----------------------------------------------------------------------------------------------------

    def draw(self, input_shape: Shape, rng: np.random.Generator | None) -> tuple[Keep, Keep]:
        """Draw what input and state keep: each gate for itself where Keras does so, else the same for all of them."""
        separate = self.gate_names and (self.implementation == 1 or self.recurrent_dropout > 0)
        count = self.gate_count if separate else 1
        state_shape = self.compute_output_shape(input_shape)
        return self._keep(rng, self.dropout, count, input_shape), self._keep(
            rng, self.recurrent_dropout, count, state_shape
        )

    def _keep(self, rng: np.random.Generator | None, rate: float, count: int, shape: Shape) -> Keep:
        """0 with probability `rate`, else 1 / (1 - rate); None where nothing is forgotten."""
        if rate == 0:
            return None
        scale = 0.0 if rate == 1 else 1 / (1 - rate)
        kept = self.generator(rng).random((count, *(size or 0 for size in shape))) >= rate
        return (kept * scale).astype(self.dtype.compute_dtype)
