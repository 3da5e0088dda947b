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
from twin import close, twin

import core
from core.graph.backward import learns
from core.layers.gradients import MovingAverage, as_gradient

STEP = 1e-5  # of the central difference: its own error is a few STEP^2 = 1e-10, rounding adds 1e-16 / STEP
SLOPE_TOLERANCE = 1e-6


def check_gradients(
    layer: keras.layers.Layer, inputs: Any, *, tolerance: float = 1e-10, seed: int = 0, state: Any = None, **call: Any
) -> None:
    """Compare a Keras layer of dtype float64 with its twin in Kaca, on `inputs` (an array or a list of them)."""
    named = {} if state is None else {"initial_state": state}
    shapes = [x.shape for x in inputs] if isinstance(inputs, list) else inputs.shape
    ours = twin(layer, shapes, seed=seed)
    weights = layer.trainable_weights
    tensors = tf.nest.map_structure(tf.constant, inputs)
    first = tf.nest.map_structure(tf.constant, named)
    with tf.GradientTape() as tape:
        watched = [tensor for tensor in tf.nest.flatten((tensors, first)) if tensor.dtype.is_floating]
        tape.watch(watched)
        outputs = layer(tensors, **first, **_as_tensors(call), training=True)
        rng = np.random.default_rng(seed + 1)
        dy = tf.nest.map_structure(lambda y: rng.normal(size=y.shape), outputs)
        loss = sum(tf.reduce_sum(y * d) for y, d in zip(tf.nest.flatten(outputs), tf.nest.flatten(dy), strict=True))
    expected = tape.gradient(loss, [*watched, *(weight.value for weight in weights)], unconnected_gradients="zero")

    y, backward = ours.learn(inputs, **named, **call)
    close(y, outputs, 1e-12)
    dx, gradients = backward(dy)
    actual = [dx["sequences"], dx["initial_state"]] if isinstance(dx, dict) else dx
    found = [gradient for gradient in keras.tree.flatten(actual) if gradient is not None]
    found += [as_gradient(gradients[slot]).dense() for slot in slots(ours, layer)]
    expected = [np.asarray(tf.convert_to_tensor(gradient)) for gradient in expected]
    assert len(found) == len(expected)
    for mine, theirs in zip(found, expected, strict=True):
        assert mine.shape == theirs.shape
        assert np.abs(mine - theirs).max(initial=0) <= tolerance * max(np.abs(theirs).max(initial=0), 1e-3)
    check_slopes(ours, inputs, dy, named=named, **call)


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
    named: dict[str, Any] | None = None,
    rng: Callable[[], np.random.Generator] | None = None,
    tolerance: float = SLOPE_TOLERANCE,
    **call: Any,
) -> None:
    """Hold every gradient against the slope of the forward pass along a random direction."""
    named = named or {}
    draw = np.random.default_rng(7)

    def run(x: Any, states: dict[str, Any]) -> tuple[Any, Any]:
        context = {} if rng is None else {"rng": rng()}
        return ours.learn(x, **states, **call, **context)

    def loss(x: Any, states: dict[str, Any]) -> float:
        y, _ = run(x, states)
        return sum(
            float(np.sum(part * d)) for part, d in zip(keras.tree.flatten(y), keras.tree.flatten(dy), strict=True)
        )

    dx, gradients = run(inputs, named)[1](dy)
    found = [dx["sequences"], *dx["initial_state"]] if isinstance(dx, dict) else keras.tree.flatten(dx)
    tensors = keras.tree.flatten((inputs, named))
    for index, (tensor, gradient) in enumerate(zip(tensors, found, strict=True)):
        if gradient is None:
            continue
        direction = draw.normal(size=tensor.shape)

        def moved(length: float, index: int = index, direction: Any = direction) -> float:
            changed = [t + length * direction if i == index else t for i, t in enumerate(tensors)]
            return loss(*keras.tree.pack_sequence_as((inputs, named), changed))

        _slope(moved, float(np.sum(gradient * direction)), tolerance, f"input {index}")
    for (part, name), gradient in gradients.items():
        if isinstance(gradient, MovingAverage):
            continue
        value, direction = part.parameters[name], draw.normal(size=part.parameter_shapes[name])

        def changed(length: float, part: Any = part, name: str = name, value: Any = value, d: Any = direction) -> float:
            part.parameters[name] = value + length * d
            result = loss(inputs, named)
            part.parameters[name] = value
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
