"""One network of many kinds of layers, none of which needs another package, as something honest to corrupt."""

from __future__ import annotations

import numpy as np

import core
from core.layers.registry import find_layer

#: Layers in a line, with options that have many types of values.
LAYERS = [
    ("Normalization", {"mean": 0.5, "variance": 2.0}),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}),
    ("BatchNormalization", {}),
    ("PReLU", {}),
    ("ZeroPadding1D", {"padding": 1}),
    ("MaxPooling1D", {"pool_size": 2}),
    ("LayerNormalization", {}),
    ("Dropout", {"rate": 0.5}),
    ("UpSampling1D", {"size": 2}),
    ("Permute", {"dims": (2, 1)}),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"}),
    ("Reshape", {"target_shape": (-1, 2)}),
    ("Flatten", {}),
    ("Dense", {"units": 3, "activation": "softmax"}),
]


def sample_network(seed: int = 0) -> core.Model:
    """Build the network with random parameters."""
    rng = np.random.default_rng(seed)
    layers = [find_layer(kind)(**options) for kind, options in LAYERS]
    model = core.Sequential(layers, batch_shape=(None, 8, 2))
    model.build()
    for _, layer in model.walk():
        for name, shape in layer.parameter_shapes.items():
            layer.assign(name, np.abs(rng.normal(size=shape)))
    return model
