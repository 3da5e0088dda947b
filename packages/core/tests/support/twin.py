"""A layer's twin: the same options and the same random weights in Kaca as in Keras, without the way through a file."""

from __future__ import annotations

import json
from typing import Any

import keras
import numpy as np

import core
from core.layers.registry import build_layer


def twin(layer: keras.layers.Layer, input_shape: tuple[int | None, ...], seed: int = 0) -> core.Layer:
    """Build `layer` for `input_shape` where it is not yet built, give it random weights, and return its twin."""
    if not layer.built:
        layer.build(input_shape)
    rng = np.random.default_rng(seed)
    for variable in layer.weights:
        scale = 1 / np.sqrt(max((1, *variable.shape[:1])))
        value = rng.normal(scale=scale, size=variable.shape)
        value = np.abs(value) + 0.5 if "variance" in variable.path else value
        variable.assign(value.astype(variable.dtype))
    ours = build_layer(json.loads(json.dumps(keras.saving.serialize_keras_object(layer))))
    ours.build(tuple(input_shape))
    slots = [(part, name) for _, part in ours.walk() for name in part.parameter_shapes]
    for (part, name), value in zip(slots, layer.get_weights(), strict=True):
        part.assign(name, value)
    return ours


def close(ours: Any, theirs: Any, tolerance: float) -> float:
    """Assert that two nests of arrays agree, relative to the largest value; return the largest difference."""
    ours, theirs = keras.tree.flatten(ours), keras.tree.flatten(theirs)
    assert len(ours) == len(theirs)
    largest = 0.0
    for mine, his in zip(ours, theirs, strict=True):
        expected = np.asarray(his)
        assert mine.shape == expected.shape
        assert mine.dtype == expected.dtype
        scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
        difference = float(np.abs(mine - expected).max(initial=0.0)) / scale
        assert difference <= tolerance, f"differs by {difference}"
        largest = max(largest, difference)
    return largest
