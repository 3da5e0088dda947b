"""Every activation of Keras, by name, each beside its derivative: a function from an array to an array of the same type.

Source: https://keras.io/api/layers/activations/
"""

from core.ops.activations.derivative import DERIVATIVES, Activation
from core.ops.activations.gated import gelu, gelu_gradient, glu, silu
from core.ops.activations.piecewise import (
    hard_sigmoid_keras2,
    leaky_relu,
    leaky_relu_gradient,
    linear,
    rectify,
    rectify_gradient,
    relu,
    relu6,
)
from core.ops.activations.smooth import elu, elu_gradient, sigmoid, tanh
from core.ops.activations.softmaxes import masked_softmax, softmax, softmax_gradient

#: By Keras' name.
ACTIVATIONS: dict[str, Activation] = {function.__name__: function for function in DERIVATIVES}
ACTIVATIONS |= {"swish": silu, "hard_swish": ACTIVATIONS["hard_silu"]}

__all__ = [
    "ACTIVATIONS",
    "DERIVATIVES",
    "Activation",
    "elu",
    "elu_gradient",
    "gelu",
    "gelu_gradient",
    "glu",
    "hard_sigmoid_keras2",
    "leaky_relu",
    "leaky_relu_gradient",
    "linear",
    "masked_softmax",
    "rectify",
    "rectify_gradient",
    "relu",
    "relu6",
    "sigmoid",
    "softmax",
    "softmax_gradient",
    "tanh",
]
