"""An activation as an option of a layer: found by what a config calls it, and applied with the function that goes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from core.arrays import Array
from core.errors import InputError, UnsupportedLayerError
from core.kernels.tiles import by_rows
from core.layers.registry import build_layer
from core.ops.activations import ACTIVATIONS, DERIVATIVES, Activation, linear

#: Layers that may stand where an activation does: functions with options, but without parameters.
_LAYERS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")
#: One call of NumPy, as fast as numbers are read and written: nothing is gained by doing a few rows at a time.
_ONE_CALL = frozenset({ACTIVATIONS["relu"], ACTIVATIONS["relu6"], ACTIVATIONS["tanh"]})


def find_activation(identifier: object) -> Activation:
    """Find an activation by what a config calls it: None, a name, or Keras' dict for a function or a layer.

    Raises `InputError` for an unknown name, and for a layer that has parameters (PReLU).
    """
    if isinstance(identifier, dict) and identifier.get("class_name") in _LAYERS:
        return build_layer(identifier).call
    if isinstance(identifier, dict) and identifier.get("class_name") == "function":
        identifier = identifier.get("config")
    if identifier is None:
        return linear
    if isinstance(identifier, str) and identifier in ACTIVATIONS:
        return ACTIVATIONS[identifier]
    raise InputError(
        f"activation must be None, one of {', '.join(sorted(ACTIVATIONS))}, or one of the layers {', '.join(_LAYERS)}, "
        f"got {identifier!r}"
    )


def apply_activation(activation: Activation, x: Array) -> tuple[Array, Callable[[Array], Array]]:
    """Return y = activation(x), and backward: dx = backward(dy). Raises `UnsupportedLayerError` for an unknown function."""
    if activation is linear:
        return x, lambda dy: dy
    layer: Any = getattr(activation, "__self__", None)
    if layer is not None:  # a layer that stands where an activation does
        y, backward = layer.call_with_backward(x)
        return y, lambda dy: backward(dy)[0]
    derivative = DERIVATIVES.get(activation)
    if derivative is None:
        raise UnsupportedLayerError(f"the derivative of the activation {activation.__name__} is not known")
    y = activation(x) if activation in _ONE_CALL else by_rows(activation, x)
    return y, lambda dy: by_rows(derivative, dy, y, x)
