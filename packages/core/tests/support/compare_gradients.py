"""One check for every layer that learns: its gradients are those of `tf.GradientTape`, and those of central differences.

All in float64. The loss is the sum of the outputs times random numbers; the gradients of inputs, states and parameters are
compared with TensorFlow's relative to the largest of each. Then every one of them is held against the slope of our own
forward pass along a random direction.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from compare import assert_close
from same_layer import same_layer

import core
from core.graph.backward import learns
from core.layers.gradients import MovingAverage, as_gradient

STEP = 1e-5  # of the central difference: its own error is a few STEP^2 = 1e-10, rounding adds 1e-16 / STEP
SLOPE_TOLERANCE = 1e-6


def check_gradients(
    layer: keras.layers.Layer, inputs: Any, *, tolerance: float = 1e-10, seed: int = 0, **call: Any
) -> None:
    """Compare a Keras layer of dtype float64 with its twin in Kaca, on `inputs` (an array or a list of them)."""
    shapes = [x.shape for x in inputs] if isinstance(inputs, list) else inputs.shape
    ours = same_layer(layer, shapes, seed=seed)
    dy = check_tape(layer, ours, inputs, tolerance=tolerance, seed=seed, **call)
    check_slopes(ours, inputs, dy, **call)


def check_tape(
    layer: keras.layers.Layer, ours: core.Layer, inputs: Any, *, tolerance: float = 1e-10, seed: int = 0, **call: Any
) -> Any:
    """Compare the gradients of a layer or model with TensorFlow's; return the gradient of the outputs that was drawn."""
    weights = layer.trainable_weights
    tensors = tf.nest.map_structure(tf.constant, inputs)
    with tf.GradientTape() as tape:
        watched = tf.nest.flatten(tensors)
        tape.watch([tensor for tensor in watched if tensor.dtype.is_floating])
        outputs = layer(tensors, **_as_tensors(call), training=True)
        rng = np.random.default_rng(seed + 1)
        dy = tf.nest.map_structure(lambda y: rng.normal(size=y.shape), outputs)
        loss = sum(tf.reduce_sum(y * d) for y, d in zip(tf.nest.flatten(outputs), tf.nest.flatten(dy), strict=True))
    expected = tape.gradient(loss, [*watched, *(weight.value for weight in weights)])

    y, backward = ours.learn(inputs, **call)
    assert_close(y, outputs, 1e-12)
    dx, gradients = backward(dy)
    found = [*keras.tree.flatten(dx), *(as_gradient(gradients[slot]).dense() for slot in slots(ours, layer))]
    for mine, theirs in zip(found, expected, strict=True):
        if mine is None and theirs is None:
            continue
        other = np.zeros_like(mine) if theirs is None else np.asarray(tf.convert_to_tensor(theirs))
        mine = np.zeros_like(other) if mine is None else mine  # noqa: PLW2901
        assert mine.shape == other.shape
        assert np.abs(mine - other).max(initial=0) <= tolerance * max(np.abs(other).max(initial=0), 1e-3)
    return dy


def check_ties(layer: keras.layers.Layer, x: Any) -> None:
    """Compare the gradients of inputs where there is no slope: only TensorFlow says who takes the gradient."""
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        y = layer(tensor)
        loss = tf.reduce_sum(y * y)
    _, backward = same_layer(layer, x.shape).learn(x)
    np.testing.assert_allclose(backward(2 * y.numpy())[0], tape.gradient(loss, tensor), rtol=0, atol=1e-12)


def slots(ours: core.Layer, layer: keras.layers.Layer) -> list[Any]:
    """Name the trainable parameters, in the order of Keras' trainable weights."""
    found = [(part, name) for _, part in ours.walk() for name in part.parameter_shapes]
    trained = {id(weight) for weight in layer.trainable_weights}
    order = {id(weight): slot for weight, slot in zip(layer.weights, found, strict=True) if id(weight) in trained}
    return [order[id(weight)] for weight in layer.trainable_weights]


def check_slopes(
    ours: core.Layer,
    inputs: Any,
    dy: Any,
    *,
    rng: Callable[[], np.random.Generator] | None = None,
    tolerance: float = SLOPE_TOLERANCE,
    **call: Any,
) -> None:
    """Hold every gradient against the slope of the forward pass along a random direction."""
    draw = np.random.default_rng(7)
    dy = keras.tree.flatten(dy)

    def run(x: Any) -> tuple[Any, Any]:
        return ours.learn(x, **call, **({} if rng is None else {"rng": rng()}))

    def loss(x: Any) -> float:
        return sum(float(np.sum(y * d)) for y, d in zip(keras.tree.flatten(run(x)[0]), dy, strict=True))

    y, backward = run(inputs)
    dx, gradients = backward(keras.tree.pack_sequence_as(y, dy))
    tensors = keras.tree.flatten(inputs)
    for index, (tensor, gradient) in enumerate(zip(tensors, keras.tree.flatten(dx), strict=True)):
        if gradient is None:
            continue
        direction = draw.normal(size=tensor.shape) * (tensor != 0)  # a step of zeros may be masked

        def moved(length: float, index: int = index, direction: Any = direction) -> float:
            changed = [t + length * direction if i == index else t for i, t in enumerate(tensors)]
            return loss(keras.tree.pack_sequence_as(inputs, changed))

        _slope(moved, float(np.sum(gradient * direction)), tolerance, f"input {index}")
    for (part, name), gradient in gradients.items():
        if isinstance(gradient, MovingAverage):
            continue
        value, direction = part.parameters[name], draw.normal(size=part.parameter_shapes[name])

        def changed(length: float, part: Any = part, name: str = name, value: Any = value, d: Any = direction) -> float:
            part.assign(name, value + length * d)
            result = loss(inputs)
            part.assign(name, value)
            return result

        _slope(changed, float(np.sum(as_gradient(gradient).dense() * direction)), tolerance, f"{part} {name}")
    assert learns(ours) or not gradients


def _slope(f: Callable[[float], float], expected: float, tolerance: float, what: str) -> None:
    slope = (f(STEP) - f(-STEP)) / (2 * STEP)
    assert abs(slope - expected) <= tolerance * max(1.0, abs(expected)), f"{what}: {expected} but the slope is {slope}"


def _as_tensors(call: dict[str, Any]) -> dict[str, Any]:
    return {
        name: tf.nest.map_structure(lambda leaf: tf.constant(leaf) if isinstance(leaf, np.ndarray) else leaf, value)
        for name, value in call.items()
    }
