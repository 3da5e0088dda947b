"""The derivatives of activations as functions in the graph: those of `core.ops.activations`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.arrays import Array
from core.keras_ops import activation
from core.keras_ops.reductions import axes
from core.ops.activations import DERIVATIVES, gelu_gradient, rectify_gradient, softmax_gradient


def softmax(dy: Array, y: Array, _: Array, axis: Any = -1) -> Array:
    """dx = y * (dy - sum of y * dy along `axis`)."""
    return softmax_gradient(dy, y, axes(axis))


def gelu(dy: Array, y: Array, x: Array, approximate: bool = True) -> Array:
    """That of `gelu`, which approximates unless told otherwise."""
    return gelu_gradient(dy, y, x, approximate)


TABLE: dict[str, Callable[..., Any]] = {
    name: DERIVATIVES[function] for name, (function, _) in activation.TABLE.items() if function in DERIVATIVES
} | {"ReLU": rectify_gradient, "Gelu": gelu, "Softmax": softmax}
