"""Every activation of Keras, by name: a function from an array to an array of the same type.

Source: https://keras.io/api/layers/activations/
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from core.arrays import Array
from core.errors import InputError
from core.files.keras2_activation import is_in_layers
from core.ops.special import erf

Activation: TypeAlias = Callable[[Array], Array]


def _as_tensorflow(constant: float, x: Array) -> Array:
    """Round a constant to float32 before it meets `x`: TensorFlow keeps these as float32, also in a float64 network."""
    return x.dtype.type(np.float32(constant))


def _floating(x: Array) -> Array:
    """Return whole numbers and truth values as float32, as Keras does; floating-point numbers keep their type."""
    return x if x.dtype.kind == "f" else x.astype(np.float32)


def linear(x: Array) -> Array:
    """y = x."""
    return x


def relu(x: Array) -> Array:
    """y = max(x, 0)."""
    return np.maximum(x, 0)


def relu6(x: Array) -> Array:
    """y = min(max(x, 0), 6)."""
    return np.clip(x, 0, 6)


def leaky_relu(x: Array, negative_slope: float = 0.2) -> Array:
    """y = x where x > 0, else negative_slope * x."""
    x = _floating(x)
    return np.where(x > 0, x, x * _as_tensorflow(negative_slope, x))


def elu(x: Array, alpha: float = 1.0) -> Array:
    """y = x where x > 0, else alpha * (exp(x) - 1)."""
    return np.where(x > 0, x, x.dtype.type(alpha) * np.expm1(np.minimum(x, 0)))


def selu(x: Array) -> Array:
    """y = scale * elu(x, alpha), with the constants of Klambauer et al. 2017, https://arxiv.org/abs/1706.02515."""
    return x.dtype.type(1.0507009873554805) * elu(x, 1.6732632423543772)


def celu(x: Array, alpha: float = 1.0) -> Array:
    """y = max(x, 0) + alpha * (exp(min(x, 0) / alpha) - 1)."""
    return np.maximum(x, 0) + x.dtype.type(alpha) * np.expm1(np.minimum(x, 0) / x.dtype.type(alpha))


def sigmoid(x: Array) -> Array:
    """y = 1 / (1 + exp(-x)), written with exp(-|x|) so that it never overflows."""
    decay = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, decay) / (1 + decay)


def log_sigmoid(x: Array) -> Array:
    """y = log(sigmoid(x)) = -softplus(-x)."""
    return -softplus(-x)


def hard_sigmoid(x: Array) -> Array:
    """y = relu6(x + 3) / 6, as Keras 3 defines it."""
    return relu6(x + 3) / 6


def hard_sigmoid_keras2(x: Array) -> Array:
    """y = clip(0.2 x + 0.5, 0, 1), as Keras 2 defined it; files of that version mean this one."""
    return np.clip(x.dtype.type(0.2) * x + x.dtype.type(0.5), 0, 1)


def tanh(x: Array) -> Array:
    """y = tanh(x)."""
    return np.tanh(_floating(x))


def hard_tanh(x: Array) -> Array:
    """y = clip(x, -1, 1)."""
    return np.clip(x, -1, 1)


def tanh_shrink(x: Array) -> Array:
    """y = x - tanh(x)."""
    return x - np.tanh(x)


def softplus(x: Array) -> Array:
    """y = log(1 + exp(x))."""
    return np.logaddexp(x, x.dtype.type(0))


def softsign(x: Array) -> Array:
    """y = x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def soft_shrink(x: Array, threshold: float = 0.5) -> Array:
    """y = sign(x) * max(|x| - threshold, 0)."""
    return np.sign(x) * np.maximum(np.abs(x) - x.dtype.type(threshold), 0)


def hard_shrink(x: Array, threshold: float = 0.5) -> Array:
    """y = x where |x| > threshold, else 0."""
    return np.where(np.abs(x) > threshold, x, x.dtype.type(0))


def threshold(x: Array, threshold: float = 1.0, default_value: float = 0.0) -> Array:
    """y = x where x > threshold, else default_value."""
    return np.where(x > threshold, x, x.dtype.type(default_value))


def squareplus(x: Array, b: float = 4.0) -> Array:
    """y = (x + sqrt(x^2 + b)) / 2."""
    return (x + np.sqrt(x * x + x.dtype.type(b))) / 2


def sparse_plus(x: Array) -> Array:
    """y = 0 for x <= -1, (x + 1)^2 / 4 for -1 < x < 1, x for x >= 1."""
    return np.where(x <= -1, 0, np.where(x < 1, (x + 1) ** 2 / 4, x))


def sparse_sigmoid(x: Array) -> Array:
    """y = clip((x + 1) / 2, 0, 1)."""
    return np.clip((x + 1) / 2, 0, 1)


def silu(x: Array) -> Array:
    """y = x * sigmoid(x), also called swish."""
    return x * sigmoid(x)


def hard_silu(x: Array) -> Array:
    """y = x * hard_sigmoid(x), also called hard swish."""
    return x * hard_sigmoid(x)


def mish(x: Array) -> Array:
    """y = x * tanh(softplus(x))."""
    return x * np.tanh(softplus(x))


def gelu(x: Array, approximate: bool = False) -> Array:
    """y = x * Phi(x), Phi the normal distribution function; `approximate` uses tanh (Hendrycks and Gimpel 2016)."""
    half = x.dtype.type(0.5)
    if approximate:
        cubic = x + _as_tensorflow(0.044715, x) * x**3
        return half * x * (1 + np.tanh(x.dtype.type(np.sqrt(2 / np.pi)) * cubic))
    return half * x * (1 + erf(x * _as_tensorflow(np.sqrt(0.5), x)))


def glu(x: Array, axis: int = -1) -> Array:
    """y = a * sigmoid(b), where a and b are the two halves of x along `axis`."""
    a, b = np.split(x, 2, axis=axis)
    return a * sigmoid(b)


def exponential(x: Array) -> Array:
    """y = exp(x)."""
    return np.exp(_floating(x))


def softmax(x: Array, axis: int | tuple[int, ...] = -1) -> Array:
    """y_i = exp(x_i) / sum_j exp(x_j) along `axis`, after the largest x was subtracted from all."""
    powers = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return powers / np.sum(powers, axis=axis, keepdims=True)


def log_softmax(x: Array, axis: int = -1) -> Array:
    """y = log(softmax(x)) along `axis`."""
    shifted = x - np.max(x, axis=axis, keepdims=True)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))


def sparsemax(x: Array, axis: int = -1) -> Array:
    """y = max(x - tau, 0), tau = (sum over the support of the cumulative sums - 1) / size of the support.

    Martins and Astudillo 2016 (https://arxiv.org/abs/1602.02068) use the last cumulative sum of the support alone. Keras
    adds up all of them, so its rows need not sum to 1; a network trained with that function needs that function.
    """
    logits = np.moveaxis(x, axis, -1)
    descending = -np.sort(-logits, axis=-1)
    cumulative = np.cumsum(descending, axis=-1)
    counts = np.arange(1, logits.shape[-1] + 1, dtype=x.dtype)
    support = descending - (cumulative - 1) / counts > 0
    size = np.sum(support, axis=-1, keepdims=True, dtype=x.dtype)
    tau = (np.sum(np.where(support, cumulative, 0), axis=-1, keepdims=True) - 1) / size
    return np.moveaxis(np.maximum(logits - tau, 0), -1, axis)


ACTIVATIONS: dict[str, Activation] = {
    function.__name__: function
    for function in (
        linear, relu, relu6, leaky_relu, elu, selu, celu, sigmoid, log_sigmoid, hard_sigmoid, hard_sigmoid_keras2, tanh,
        hard_tanh, tanh_shrink, softplus, softsign, soft_shrink, hard_shrink, threshold, squareplus, sparse_plus,
        sparse_sigmoid, silu, hard_silu, mish, gelu, glu, exponential, softmax, log_softmax, sparsemax,
    )
}  # fmt: skip
ACTIVATIONS |= {"swish": silu, "hard_swish": hard_silu}


#: Layers that may stand where an activation does: functions with options, but without parameters.
_LAYERS = ("Activation", "ELU", "LeakyReLU", "ReLU", "Softmax")


def activation(identifier: object) -> Activation:
    """Find an activation by what a config calls it: None, a name, or Keras' dict for a function or a layer.

    Raises `InputError` for an unknown name, and for a layer that has parameters (PReLU).
    """
    if is_in_layers(identifier):
        return hard_sigmoid_keras2
    if isinstance(identifier, dict) and identifier.get("class_name") in _LAYERS:
        from core.layers.registry import build_layer  # noqa: PLC0415  the layers are built upon this module

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
