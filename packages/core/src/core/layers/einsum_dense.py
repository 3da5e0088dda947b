"""A dense layer for any number of axes: Einstein's notation says which axes meet the kernel and which stay."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from core.arrays import Array, Shape
from core.checks import integer
from core.errors import InputError
from core.layers.activations.find import apply_activation, find_activation
from core.layers.base import Layer
from core.layers.gradients import Backward, Gradients
from core.layers.work import Work, numbers_in
from core.ops.broadcasting import unbroadcast
from core.ops.einsum import einsum_gradient

_EQUATION = re.compile(r"(\.\.\.)?([A-Za-z]+)(\.\.\.)?,([A-Za-z]+)->(\.\.\.)?([A-Za-z]+)(\.\.\.)?")


class EinsumDense(Layer):
    """y = activation(einsum(equation, x, kernel) + bias), for example ``"abc,cd->abd"``.

    `output_shape` gives the sizes of the output without the batch, None where the input says them; `bias_axes` the
    letters of the output along which the bias differs. An ellipsis in front or behind stands for axes that stay.
    Source: https://keras.io/api/layers/core_layers/einsum_dense/
    """

    def __init__(
        self,
        equation: str,
        output_shape: Any,
        activation: object = None,
        bias_axes: str | None = None,
        lora_rank: object = None,
        lora_alpha: object = None,
        gptq_unpacked_column_size: None = None,
        quantization_config: None = None,
        **common: Any,
    ) -> None:
        super().__init__(**common)
        if gptq_unpacked_column_size is not None or quantization_config is not None:
            raise InputError("quantization is not supported: save the float model")
        del lora_rank, lora_alpha  # Keras adds the update of low rank to the kernel that it saves
        found = _EQUATION.fullmatch(equation) if isinstance(equation, str) else None
        before = bool(found and found[1] and found[5] and not found[3] and not found[7])
        behind = bool(found and found[3] and found[7] and not found[1] and not found[5])
        if not found or not (before or behind or equation.count(".") == 0):
            raise InputError(f"equation must look like 'abc,cd->abd', got {equation!r}")
        self.equation = equation
        self.terms = (found[2], found[4], found[6])
        self.ellipsis = "front" if before else "back" if behind else ""
        if any(len(set(term)) != len(term) for term in self.terms):
            raise InputError(f"equation must name each axis of an array once, got {equation!r}")
        sizes = output_shape if isinstance(output_shape, list | tuple) else [output_shape]
        self.output_sizes = tuple(None if size is None else integer(size, "output_shape") for size in sizes)
        if bias_axes is not None and not (isinstance(bias_axes, str) and set(bias_axes) <= set(self.terms[2])):
            raise InputError(f"bias_axes must be letters of the output {self.terms[2]!r}, got {bias_axes!r}")
        self.bias_axes = bias_axes or None
        self.activation = find_activation(activation)

    def build(self, input_shape: Shape) -> None:
        """Declare kernel and bias by the letters of the equation."""
        sizes, output = self._sizes(input_shape)
        self.expect(rank=len(input_shape))
        self.declare("kernel", tuple(sizes[letter] for letter in self.terms[1]))
        if self.bias_axes:
            letters = self.terms[2]
            first = min(letters.index(letter) for letter in self.bias_axes)
            shape = [sizes[letter] if letter in self.bias_axes else 1 for letter in letters[first:]]
            self.declare("bias", (*shape, *([1] * (len(output) - len(letters)) if self.ellipsis == "back" else [])))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        """Return the sizes of the output's letters, with the axes of the ellipsis."""
        return self._sizes(input_shape)[1]

    def mixes_rows(self, *shapes: Any) -> bool:
        """Return whether the letter of the batch is summed over, weighed, or moved."""
        read, kernel, written = self.terms
        if self.ellipsis == "front" and not (shapes and len(shapes[0]) <= len(read)):
            return False  # the batch is one of the axes that stay
        return read[0] in kernel or not written.startswith(read[0])

    def multiply_adds(self, input_shape: Shape) -> int | None:
        """Each output takes as many as the letters that are summed over hold."""
        sizes, output = self._sizes(input_shape)
        summed = [sizes[letter] for letter in set(self.terms[0] + self.terms[1]) - set(self.terms[2])]
        if None in summed or None in output[1:]:
            return None
        return math.prod(size or 0 for size in (*output[1:], *summed))

    def work(self, input_shape: Shape) -> Work:
        """The products, for which either side may be copied."""
        own = super().work(input_shape)
        sizes, output = self._sizes(input_shape)
        summed = math.prod(sizes[letter] or 0 for letter in {*self.terms[0], *self.terms[1]} - {*self.terms[2]})
        adds = summed * math.prod(size or 0 for size in output)
        return Work(own.operations + adds, own.workspace + numbers_in([input_shape]) * max(4, self.number_bytes))

    def call_with_backward(self, x: Array) -> tuple[Array, Backward]:
        """Return activation(einsum(equation, x, kernel) + bias); see `core.ops.einsum.einsum_gradient`."""
        kernel, bias = self.computing("kernel"), self.computing("bias") if self.bias_axes else None
        z = np.einsum(self.equation, x, kernel, optimize=True)
        if bias is not None:
            z += bias
        y, activation_backward = apply_activation(self.activation, z)

        def backward(dy: Array) -> tuple[Array, Gradients]:
            dz = activation_backward(dy)
            dx, d_kernel = einsum_gradient(dz, [x, kernel], self.equation)
            d_bias = {} if bias is None else {"bias": unbroadcast(dz, bias.shape)}
            return dx, self.gradients(kernel=d_kernel, **d_bias)

        return y, backward

    def _sizes(self, input_shape: Shape) -> tuple[dict[str, int | None], Shape]:
        """Find the size of each letter, and the shape of the output."""
        read, kernel, written = self.terms
        spare = len(input_shape) - len(read)
        if spare < 0 or (spare and not self.ellipsis):
            raise InputError(f"equation {self.equation!r} does not fit an input with {len(input_shape)} axes")
        start = spare if self.ellipsis == "front" else 0
        stays = input_shape[:spare] if self.ellipsis == "front" else input_shape[len(read) :]
        sizes = dict(zip(read, input_shape[start:], strict=False))
        given = list(self.output_sizes)
        if self.ellipsis == "front" and spare:
            output: list[int | None] = [*stays, *given]  # the batch is one of the axes that stay
        else:
            output = [input_shape[0], *given, *(stays if self.ellipsis == "back" else ())]
        letters = output[start : start + len(written)]
        if len(letters) != len(written) or len(output) != start + len(written) + (spare - start):
            raise InputError(f"output_shape {self.output_sizes} does not fit equation {self.equation!r}")
        for position, (letter, size) in enumerate(zip(written, letters, strict=True)):
            if letter in sizes:
                if size is not None and sizes[letter] is not None and size != sizes[letter]:
                    raise InputError(f"axis {letter!r} has {sizes[letter]} in the input, {size} in the output")
                output[start + position] = sizes[letter] if size is None else size
            else:
                sizes[letter] = size
        missing = set(kernel) - set(sizes)
        if missing or set(written) - set(read) - set(kernel):
            raise InputError(f"equation {self.equation!r} leaves the size of {sorted(missing) or 'an axis'} open")
        return sizes, tuple(output)
