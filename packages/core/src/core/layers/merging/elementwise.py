"""Merging element by element: sum, difference, product, mean, largest, smallest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from typing import Any, ClassVar

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.layers.merging.merge import Merge, MergeBackward, shapes_in
from core.ops.promotion import result_type, together


class Add(Merge):
    """y = x_1 + x_2 + ... Source: https://keras.io/api/layers/merging_layers/add/."""

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Add up; dx_i = dy."""
        count = len(inputs)
        return reduce(lambda a, b: np.add(*together(a, b)), inputs), lambda dy: [dy] * count


class Average(Add):
    """y = (x_1 + x_2 + ...) / count. Source: https://keras.io/api/layers/merging_layers/average/."""

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Add up and divide by their number; dx_i = dy / count."""
        count, (total, add_backward) = len(inputs), super().merge(inputs, masks)
        return total / result_type(total, float).type(count), lambda dy: add_backward(dy / dy.dtype.type(count))


class Subtract(Merge):
    """y = x_1 - x_2. Source: https://keras.io/api/layers/merging_layers/subtract/."""

    def build(self, input_shapes: Any) -> None:
        """Expect two tensors."""
        super().build(input_shapes)
        if len(shapes_in(input_shapes)) != 2:
            raise InputError(f"subtracts one tensor from another, got {len(input_shapes)}")

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Subtract the second from the first; dx_1 = dy, dx_2 = -dy."""
        return np.subtract(*together(*inputs)), lambda dy: [dy, -dy]


class Multiply(Merge):
    """y = x_1 * x_2 * ...; a masked factor counts as 1, and y = 0 where all are masked.

    Source: https://keras.io/api/layers/merging_layers/multiply/
    """

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Multiply what is not masked; dx_i = dy * product of the other factors, where x_i is not masked."""
        factors = [
            x if mask is None else np.where(mask, x, x.dtype.type(1)) for x, mask in zip(inputs, masks, strict=True)
        ]
        y = reduce(lambda a, b: np.multiply(*together(a, b)), factors)
        present = [mask for mask in masks if mask is not None]
        if len(present) == len(masks):
            y = np.where(reduce(np.logical_or, present), y, y.dtype.type(0))

        def backward(dy: Array) -> list[Array]:
            found = []
            for index, mask in enumerate(masks):
                others = reduce(np.multiply, factors[:index] + factors[index + 1 :], dy)
                found.append(others if mask is None else np.where(mask, others, others.dtype.type(0)))
            return found

        return y, backward


class _Extreme(Merge):
    """The largest or smallest of what is not masked."""

    choose: ClassVar[np.ufunc]

    def merge(self, inputs: list[Array], masks: list[Array | None]) -> tuple[Array, MergeBackward]:
        """Compare one after the other; the chosen one takes dy, the earlier of two that are equal, as in TensorFlow."""
        y = inputs[0]
        for *_, chosen in self._comparisons(inputs, masks):
            y = chosen

        def backward(dy: Array) -> list[Array]:
            zero, gradients = dy.dtype.type(0), []
            stages = list(zip(self._comparisons(inputs, masks), masks[1:], strict=True))
            for (held, other, counted, _), mask in reversed(stages):
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

        return y, backward

    def _comparisons(
        self, inputs: list[Array], masks: list[Array | None]
    ) -> Iterator[tuple[Array, Array, Array | None, Array]]:
        """Go through the two sides of each comparison, the mask of the first one, and what is chosen.

        Where one side is masked, the other stands for both.
        """
        y, counted = inputs[0], masks[0]
        for x, mask in zip(inputs[1:], masks[1:], strict=True):
            other = x if mask is None else np.where(mask, x, y)
            held = y if counted is None else np.where(counted, y, other)
            y = self.choose(*together(held, other))
            yield held, other, counted, y
            counted = None if mask is None or counted is None else counted | mask


class Maximum(_Extreme):
    """y = max(x_1, x_2, ...) of what is not masked. Source: https://keras.io/api/layers/merging_layers/maximum/."""

    choose = np.maximum


class Minimum(_Extreme):
    """y = min(x_1, x_2, ...) of what is not masked. Source: https://keras.io/api/layers/merging_layers/minimum/."""

    choose = np.minimum
