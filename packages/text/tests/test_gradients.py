"""Gradients that no row of a table shows: of steps that are masked, of tables that are looked up, of one step of a cell."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from compare_gradients import check_gradients
from same_layer import same_layer

from core.layers.gradients import SparseRows

LAYERS = keras.layers
BATCH, TIME, INPUTS, UNITS = 4, 5, 3, 4


def inputs(seed=3, shape=(BATCH, TIME, INPUTS)):
    return np.random.default_rng(seed).normal(size=shape)


def states(count, seed=5):
    return [np.random.default_rng(seed + index).normal(size=(BATCH, UNITS)) for index in range(count)]


def test_gradients_of_masking():
    layer, x = LAYERS.Masking(dtype="float64"), inputs()
    check_gradients(layer, x)
    x[0, 1] = x[2, 3] = 0.0
    y, backward = same_layer(layer, x.shape).learn(x)
    expected = np.ones_like(x)
    expected[0, 1] = expected[2, 3] = 0.0
    np.testing.assert_array_equal(backward(np.ones_like(y))[0], expected)


def test_the_gradient_of_an_embedding_names_the_rows_that_were_looked_up():
    layer = LAYERS.Embedding(7, 3, dtype="float64")
    ids = np.array([[1, 6, 1], [0, 6, 1]])
    check_gradients(layer, ids)
    ours = same_layer(layer, ids.shape)
    y, backward = ours.learn(ids)
    dx, gradients = backward(np.ones_like(y))
    assert dx is None
    found = gradients[ours, "embeddings"]
    assert isinstance(found, SparseRows)
    np.testing.assert_array_equal(found.dense()[:, 0], [1, 3, 0, 0, 0, 0, 2])
    _, backward = ours.learn(ids - 7)  # an id below zero counts from the end
    np.testing.assert_array_equal(backward(np.ones_like(y))[1][ours, "embeddings"].dense(), found.dense())


@pytest.mark.parametrize("make", [LAYERS.SimpleRNNCell, LAYERS.LSTMCell, LAYERS.GRUCell])
def test_gradients_of_one_step(make):
    """A cell by itself is a layer of several tensors, so the loss is that of its output and its new state."""
    cell = make(UNITS, dtype="float64")
    ours = same_layer(cell, (BATCH, INPUTS))
    x, count = inputs(shape=(BATCH, INPUTS)), len(ours.state_names)
    tensors = [tf.constant(value) for value in (x, *states(count))]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        output, new = cell(tensors[0], tensors[1:])
    (y, _), backward = ours.learn(x, states(count))
    dy, d_new = np.random.default_rng(8).normal(size=y.shape), states(count, seed=20)
    sources = [*tensors, *(weight.value for weight in cell.trainable_weights)]
    expected = tape.gradient([output, *keras.tree.flatten(new)], sources, output_gradients=[dy, *d_new])
    dx, gradients = backward((dy, d_new))
    found = [dx["inputs"], *dx["states"], *(gradients[ours, name] for name in ours.parameter_shapes)]
    for mine, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-10)
