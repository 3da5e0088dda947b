"""A loss says how far the output is from the truth, example by example, and which way would be better.

Every loss gives its values (batch, ...) and the function from their weights in the total to the gradient of the output.
``from_logits=True`` means that the output comes before the softmax or sigmoid: there the gradient is just p - y.
Source: https://keras.io/api/losses/
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from core.arrays import Array
from core.checks import flag, number
from core.errors import InputError
from core.ops.activations import sigmoid, softmax

#: Keras' `backend.epsilon()`: how close to 0 and 1 a probability may come.
EPSILON = 1e-7
#: From the weight of each value to the gradient of the output.
Slope = Callable[[Array], Array]


def with_axes_of(output: Array, y: Array) -> Array:
    """Return y with as many axes as the output, where a last axis of size 1 is all that differs."""
    if y.ndim == output.ndim - 1 and output.shape[-1] == 1:
        return y[..., None]
    return y[..., 0] if y.ndim == output.ndim + 1 and y.shape[-1] == 1 else y


def numbers_of_classes(y: Array, output: Array) -> Array:
    """Return y without the last axis of size 1 that it may have where the output has its classes."""
    return y[..., 0] if y.ndim == output.ndim and y.shape[-1] == 1 else y


class Loss:
    """The common part. `takes_logits` says that the loss is better computed before a softmax or sigmoid."""

    takes_logits = False

    def check(self, y: Array, output: Array) -> Array:
        """Return the truth in the shape and type that `values` needs. Raises `InputError`."""
        y = with_axes_of(output, y)
        if y.shape != output.shape:
            raise InputError(
                f"{type(self).__name__} compares arrays of one shape: y is {y.shape}, the output {output.shape}"
                f"{self.advice(y, output)}"
            )
        return y.astype(output.dtype, copy=False)

    def advice(self, y: Array, output: Array) -> str:
        """Return what to do where the shape of `y` does not fit that of `output`."""
        del y, output
        return ""

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Return the loss of every example, (batch, ...), and its slope; `logits` says what the output is."""
        raise NotImplementedError


class SparseCategoricalCrossentropy(Loss):
    """-log p_y, y the number of the class: y (batch, ...), output (batch, ..., classes).

    From probabilities as Keras has it: they are cut off at 1e-7 and 1 - 1e-7, and brought to the sum 1 after that.
    """

    takes_logits = True

    def __init__(self, from_logits: bool = False) -> None:
        self.from_logits = flag(from_logits, "from_logits")

    def check(self, y: Array, output: Array) -> Array:
        """Expect whole numbers of classes that are there."""
        y = numbers_of_classes(y, output)
        if y.shape != output.shape[:-1]:
            raise InputError(
                f"y must hold a class for each of {output.shape[:-1]}, got the shape {y.shape}{self.advice(y, output)}"
            )
        classes = y.astype(np.int64)
        if (classes != y).any() or classes.min(initial=0) < 0 or classes.max(initial=0) >= output.shape[-1]:
            raise InputError(f"y must hold classes from 0 to {output.shape[-1] - 1}, got {np.unique(y)[:10]}")
        return classes.astype(np.intp, copy=False)

    def advice(self, y: Array, output: Array) -> str:
        """Name the loss for shares of classes, where `y` looks like them."""
        return "; for a column for each class, loss='categorical_crossentropy'" if y.shape == output.shape else ""

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Compute by logits; those of probabilities are their logarithms."""
        by_logits = logits or self.from_logits
        p = np.clip(output, EPSILON, 1 - EPSILON)
        z = output if by_logits else np.log(p)
        shifted = z - z.max(axis=-1, keepdims=True)
        total = np.log(np.exp(shifted).sum(axis=-1))
        losses = total - np.take_along_axis(shifted, y[..., None], axis=-1)[..., 0]

        def slope(weights: Array) -> Array:
            dz = softmax(z)
            np.put_along_axis(dz, y[..., None], np.take_along_axis(dz, y[..., None], axis=-1) - 1, axis=-1)
            dz *= weights[..., None]
            return dz if by_logits else np.where(_inside(output), dz / p, output.dtype.type(0))

        return losses, slope


class CategoricalCrossentropy(Loss):
    """-sum over classes of y * log p, y the share of each class: y and output (batch, ..., classes).

    With `label_smoothing` every class takes its part of that share: y * (1 - s) + s / classes. Probabilities are brought to
    the sum 1, then cut off at 1e-7 and 1 - 1e-7.
    """

    takes_logits = True

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits = flag(from_logits, "from_logits")
        self.label_smoothing = number(label_smoothing, "label_smoothing", minimum=0.0, maximum=1.0)

    def advice(self, y: Array, output: Array) -> str:
        """Name the loss for numbers of classes, where `y` looks like them."""
        numbers = y.shape in {output.shape[:-1], (*output.shape[:-1], 1)}
        return "; for the number of each class, loss='sparse_categorical_crossentropy'" if numbers else ""

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Compute by logits, or by probabilities."""
        smoothing = self.label_smoothing
        y = y * y.dtype.type(1 - smoothing) + y.dtype.type(smoothing / y.shape[-1])
        if logits or self.from_logits:
            shifted = output - output.max(axis=-1, keepdims=True)
            logs = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
            whole = y.sum(axis=-1, keepdims=True)
            return -(y * logs).sum(axis=-1), lambda weights: (softmax(output) * whole - y) * weights[..., None]
        total = output.sum(axis=-1, keepdims=True)
        shares = output / total
        p = np.clip(shares, EPSILON, 1 - EPSILON)

        def slope(weights: Array) -> Array:
            d_shares = np.where(_inside(shares), -y / p, y.dtype.type(0)) * weights[..., None]
            return (d_shares - (d_shares * shares).sum(axis=-1, keepdims=True)) / total

        return -(y * np.log(p)).sum(axis=-1), slope


class BinaryCrossentropy(Loss):
    """-(y * log p + (1 - y) * log(1 - p)), the mean over the last axis; with `label_smoothing` y * (1 - s) + s / 2."""

    takes_logits = True

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits = flag(from_logits, "from_logits")
        self.label_smoothing = number(label_smoothing, "label_smoothing", minimum=0.0, maximum=1.0)

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Compute by logits, or by probabilities, which are cut off at 1e-7 and 1 - 1e-7."""
        smoothing = self.label_smoothing
        y = y * y.dtype.type(1 - smoothing) + y.dtype.type(smoothing / 2)
        columns = output.dtype.type(output.shape[-1])
        if logits or self.from_logits:
            losses = np.maximum(output, 0) - output * y + np.log1p(np.exp(-np.abs(output)))
            return losses.mean(axis=-1), lambda weights: (sigmoid(output) - y) * (weights[..., None] / columns)
        p = np.clip(output, EPSILON, 1 - EPSILON)
        losses = -(y * np.log(p) + (1 - y) * np.log(1 - p))

        def slope(weights: Array) -> Array:
            dp = (1 - y) / (1 - p) - y / p
            return np.where(_inside(output), dp, output.dtype.type(0)) * (weights[..., None] / columns)

        return losses.mean(axis=-1), slope


class MeanSquaredError(Loss):
    """(y - output)^2, the mean over the last axis."""

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Compute the squares; there are no logits here."""
        del logits
        apart = output - y
        scale = output.dtype.type(2 / output.shape[-1])
        return np.square(apart).mean(axis=-1), lambda weights: apart * (weights[..., None] * scale)


def _inside(p: Array) -> Array:
    """Return where a probability is not cut off; where it is, its slope is 0."""
    return (p >= EPSILON) & (p <= 1 - EPSILON)
