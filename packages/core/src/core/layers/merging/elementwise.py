"""Merging element by element: sum, difference, product, mean, largest, smallest."""

from __future__ import annotations

from functools import reduce
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.layers.merging.merge import Merge, shapes_in
from core.ops.promotion import result_type, together


class Add(Merge):
    """y = x_1 + x_2 + ... Source: https://keras.io/api/layers/merging_layers/add/."""

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> Array:
        """Add up."""
        return reduce(lambda a, b: np.add(*together(a, b)), inputs)

    def merge_back(self, inputs: list[Array], masks: list[Array | None], dy: Array) -> list[Array]:
        """dx_i = dy."""
        return [dy] * len(inputs)


class Average(Add):
    """y = (x_1 + x_2 + ...) / count. Source: https://keras.io/api/layers/merging_layers/average/."""

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> Array:
        """Add up and divide by their number."""
        total = super().merge(inputs, masks)
        return total / result_type(total, float).type(len(inputs))

    def merge_back(self, inputs: list[Array], masks: list[Array | None], dy: Array) -> list[Array]:
        """dx_i = dy / count."""
        return [dy / dy.dtype.type(len(inputs))] * len(inputs)


class Subtract(Merge):
    """y = x_1 - x_2. Source: https://keras.io/api/layers/merging_layers/subtract/."""

    def build(self, input_shapes: Any) -> None:
        """Expect two tensors."""
        super().build(input_shapes)
        if len(shapes_in(input_shapes)) != 2:
            raise InputError(f"subtracts one tensor from another, got {len(input_shapes)}")

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> Array:
        """Subtract the second from the first."""
        return np.subtract(*together(*inputs))

    def merge_back(self, inputs: list[Array], masks: list[Array | None], dy: Array) -> list[Array]:
        """dx_1 = dy, dx_2 = -dy."""
        return [dy, -dy]


class Multiply(Merge):
    """y = x_1 * x_2 * ...; a masked factor counts as 1, and y = 0 where all are masked.

    Source: https://keras.io/api/layers/merging_layers/multiply/
    """

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> Array:
        """Multiply what is not masked."""
        factors = [
            x if mask is None else np.where(mask, x, x.dtype.type(1)) for x, mask in zip(inputs, masks, strict=True)
        ]
        product = reduce(lambda a, b: np.multiply(*together(a, b)), factors)
        present = [mask for mask in masks if mask is not None]
        if len(present) < len(masks):
            return product
        return np.where(reduce(np.logical_or, present), product, product.dtype.type(0))

    def merge_back(self, inputs: list[Array], masks: list[Array | None], dy: Array) -> list[Array]:
        """dx_i = dy * product of the other factors, where x_i is not masked."""
        factors = [x if mask is None else np.where(mask, x, 1) for x, mask in zip(inputs, masks, strict=True)]
        found = []
        for index, mask in enumerate(masks):
            others = reduce(np.multiply, factors[:index] + factors[index + 1 :], dy)
            found.append(others if mask is None else np.where(mask, others, others.dtype.type(0)))
        return found


class _Extreme(Merge):
    """The largest or smallest of what is not masked."""

    choose: ClassVar[np.ufunc]

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> Array:
        """Compare one after the other; where one side is masked, the other stands."""
        result, found = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:], strict=True):
            other = x if mask is None else np.where(mask, x, result)
            if found is not None:
                result = np.where(found, result, other)
            found = None if mask is None or found is None else found | mask
            result = self.choose(*together(result, other))
        return result

    def merge_back(self, inputs: list[Array], masks: list[Array | None], dy: Array) -> list[Array]:
        """The chosen one takes the gradient, the earlier of two that are equal, as in TensorFlow."""
        stages, found = [(inputs[0], masks[0])], masks[0]
        for end in range(1, len(inputs)):
            found = None if masks[end] is None or found is None else found | masks[end]
            stages.append((self.merge(inputs[: end + 1], masks[: end + 1]), found))
        zero = dy.dtype.type(0)
        gradients: list[Array] = []
        for index in range(len(inputs) - 1, 0, -1):
            (before, counted), x, mask = stages[index - 1], inputs[index], masks[index]
            other = x if mask is None else np.where(mask, x, before)
            held = before if counted is None else np.where(counted, before, other)
            wins = self.choose(held, other) == held
            to_held, to_other = np.where(wins, dy, zero), np.where(wins, zero, dy)
            # What was masked stands for the other side, and hands its part over.
            if counted is not None:
                to_held, to_other = np.where(counted, to_held, zero), to_other + np.where(counted, zero, to_held)
            if mask is not None:
                to_other, to_held = np.where(mask, to_other, zero), to_held + np.where(mask, zero, to_other)
            gradients.append(to_other)
            dy = to_held
        return [dy, *reversed(gradients)]


class Maximum(_Extreme):
    """y = max(x_1, x_2, ...) of what is not masked. Source: https://keras.io/api/layers/merging_layers/maximum/."""

    choose = np.maximum


class Minimum(_Extreme):
    """y = min(x_1, x_2, ...) of what is not masked. Source: https://keras.io/api/layers/merging_layers/minimum/."""

    choose = np.minimum
