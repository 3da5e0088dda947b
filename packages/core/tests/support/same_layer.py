"""A layer's twin: the same options and the same random weights in Kaca as in Keras, without the way through a file."""

from __future__ import annotations

import json

import keras
import numpy as np
from compare import randomize

import core
from core.layers.registry import build_layer


def same_layer(layer: keras.layers.Layer, input_shape: tuple[int | None, ...], seed: int = 0) -> core.Layer:
    """Build `layer` for `input_shape` where it is not yet built, give it random weights, and return its twin."""
    if not layer.built:
        layer.build(input_shape)
    randomize(layer, np.random.default_rng(seed))
    ours = build_layer(json.loads(json.dumps(keras.saving.serialize_keras_object(layer))))
    ours.build(tuple(input_shape))
    slots = [(part, name) for _, part in ours.walk() for name in part.parameter_shapes]
    for (part, name), value in zip(slots, layer.get_weights(), strict=True):
        part.assign(name, value)
    return ours
