"""Losses of numbers: how far an output is from its target, element by element, with the derivative beside each formula.

All but the last two are a mean over the last axis, (batch, ..., units) -> (batch, ...). Source: https://keras.io/api/losses/
"""

from __future__ import annotations

import numpy as np

from core.arrays import Array
from core.checks import number
from core.learning.losses import EPSILON, Loss, Slope


class Elementwise(Loss):
    """loss = mean of f(y, output) over the last axis; a subclass gives f and its derivative by the output."""

    #: Whether the elements are added up instead of averaged.
    adds_up = False

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return f(y, output) and df/d(output), both of the shape of the output."""
        raise NotImplementedError

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Return the loss of every example and its slope; there are no logits here."""
        del logits
        found, derivative = self.elements(y, output)
        if self.adds_up:
            return found.sum(axis=-1), lambda weights: derivative * weights[..., None]
        columns = output.dtype.type(output.shape[-1])
        return found.mean(axis=-1), lambda weights: derivative * (weights[..., None] / columns)


class MeanAbsoluteError(Elementwise):
    """|output - y|."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the distances and their signs."""
        return np.abs(output - y), np.sign(output - y)


class MeanAbsolutePercentageError(Elementwise):
    """100 * |output - y| / max(|y|, 1e-7)."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the distances in percent of y."""
        scale = output.dtype.type(100) / np.maximum(np.abs(y), output.dtype.type(EPSILON))
        return np.abs(output - y) * scale, np.sign(output - y) * scale


class MeanSquaredLogarithmicError(Elementwise):
    """(log(output + 1) - log(y + 1))^2, both at least 1e-7."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the squares of the distances of logarithms."""
        low = output.dtype.type(EPSILON)
        kept = np.maximum(output, low)
        apart = np.log(kept + 1) - np.log(np.maximum(y, low) + 1)
        return np.square(apart), np.where(output >= low, 2 * apart / (kept + 1), output.dtype.type(0))


class Huber(Elementwise):
    """e^2 / 2 for |e| <= delta, beyond it delta * |e| - delta^2 / 2, e = output - y."""

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = number(delta, "delta", minimum=0.0)

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the losses; the derivative is e, cut off at delta."""
        apart, delta = output - y, output.dtype.type(self.delta)
        distance = np.abs(apart)
        near = np.square(apart) / 2
        return np.where(distance <= delta, near, delta * distance - delta * delta / 2), np.clip(apart, -delta, delta)


class LogCosh(Elementwise):
    """log(cosh(output - y)), as e + log(1 + exp(-2 e)) - log 2, which does not overflow."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the losses; the derivative is tanh(e)."""
        apart = output - y
        return apart + np.logaddexp(0, -2 * apart) - output.dtype.type(np.log(2)), np.tanh(apart)


class Poisson(Elementwise):
    """output - y * log(output + 1e-7)."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the losses."""
        shifted = output + output.dtype.type(EPSILON)
        return output - y * np.log(shifted), 1 - y / shifted


class Hinge(Elementwise):
    """max(1 - y * output, 0), y -1 or 1; targets of 0 and 1 become -1 and 1."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the losses."""
        signs = _signs(y)
        room = 1 - signs * output
        return np.maximum(room, 0), np.where(room >= 0, -signs, output.dtype.type(0))


class SquaredHinge(Elementwise):
    """max(1 - y * output, 0)^2, y -1 or 1; targets of 0 and 1 become -1 and 1."""

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the losses."""
        signs = _signs(y)
        room = np.maximum(1 - signs * output, 0)
        return np.square(room), -2 * signs * room


class KLDivergence(Elementwise):
    """Sum of y * log(y / output) over the last axis, both cut off at 1e-7 and 1."""

    adds_up = True

    def elements(self, y: Array, output: Array) -> tuple[Array, Array]:
        """Return the summands."""
        low, high = output.dtype.type(EPSILON), output.dtype.type(1)
        shares, p = np.clip(y, low, high), np.clip(output, low, high)
        inside = (output >= low) & (output <= high)
        return shares * np.log(shares / p), np.where(inside, -shares / p, output.dtype.type(0))


class CategoricalHinge(Loss):
    """max(largest output of the wrong classes - output of the right class + 1, 0), y one-hot."""

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Return the loss of every example and its slope."""
        del logits
        wrong = (1 - y) * output
        most = wrong.max(axis=-1, keepdims=True)
        room = most[..., 0] - (y * output).sum(axis=-1) + 1

        def slope(weights: Array) -> Array:
            largest = (wrong == most).astype(output.dtype)
            largest /= largest.sum(axis=-1, keepdims=True)
            return (largest * (1 - y) - y) * (weights * (room >= 0))[..., None]

        return np.maximum(room, 0), slope


class CosineSimilarity(Loss):
    """-(sum of y * output) / (|y| * |output|) over the last axis: -1 where both point the same way."""

    def values(self, y: Array, output: Array, *, logits: bool = False) -> tuple[Array, Slope]:
        """Return the loss of every example and its slope."""
        del logits
        y_scale, scale = _inverse_length(y), _inverse_length(output)
        unit_y, unit = y * y_scale, output * scale
        similar = (unit_y * unit).sum(axis=-1)

        def slope(weights: Array) -> Array:
            along = np.where(scale < 1 / EPSILON, unit * similar[..., None], output.dtype.type(0))
            return (along - unit_y) * scale * weights[..., None]

        return -similar, slope


def _inverse_length(x: Array) -> Array:
    """Return 1 / |x| along the last axis, at most 1e7."""
    with np.errstate(divide="ignore"):
        inverse = 1 / np.sqrt(np.square(x).sum(axis=-1, keepdims=True))
    return np.minimum(inverse, x.dtype.type(1 / EPSILON))


def _signs(y: Array) -> Array:
    """Return targets of 0 and 1 as -1 and 1, others as they are."""
    return 2 * y - 1 if np.isin(y, (0, 1)).all() else y
