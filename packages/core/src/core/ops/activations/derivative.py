"""The table of activations with their derivatives: f carries x to y, its derivative the gradient of y to that of x.

At a kink the slope is the one that TensorFlow takes, so that training follows Keras.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import numpy as np

from core.arrays import Array

#: x -> y
Activation: TypeAlias = Callable[..., Array]
#: (dy, y, x, and the options of the activation) -> dx
Derivative: TypeAlias = Callable[..., Array]
#: (x, y) -> f'(x)
Slope: TypeAlias = Callable[[Array, Array], Array]
Function = TypeVar("Function", bound=Activation)

#: f -> df
DERIVATIVES: dict[Activation, Derivative] = {}


def with_derivative(derivative: Derivative) -> Callable[[Function], Function]:
    """Enter a function and its derivative in the table."""

    def enter(function: Function) -> Function:
        DERIVATIVES[function] = derivative
        return function

    return enter


def times(slope: Slope) -> Derivative:
    """Return the derivative dx = dy * slope(x, y)."""

    def derivative(dy: Array, y: Array, x: Array, *args: Any, **options: Any) -> Array:
        del args, options
        return dy * slope(x, y)

    return derivative


def between(low: float, high: float, slope: float = 1.0) -> Derivative:
    """Return the derivative of a line that is cut off at both ends."""
    return lambda dy, _, x: np.where((x > low) & (x < high), dy * x.dtype.type(slope), x.dtype.type(0))


def rounded(constant: float, x: Array) -> Array:
    """Round a constant to float32 before it meets `x`: TensorFlow keeps these as float32, also in a float64 network."""
    return x.dtype.type(np.float32(constant))
