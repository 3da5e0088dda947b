"""Gradients that no row of a table shows: ties, moving statistics, kernels that a step replaces, masks of merged tensors."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from compare import reopen
from compare_gradients import check_slopes, check_ties
from same_layer import same_layer

import core
from core.layers import LAYERS as OURS
from core.layers.gradients import MovingAverage, SparseRows, join

LAYERS = keras.layers
MASK = np.array([[True, True, False, True], [False, True, True, False], [True, True, True, True]])


@pytest.mark.parametrize("layer", [LAYERS.Add, LAYERS.Multiply, LAYERS.Maximum, LAYERS.Minimum])
@pytest.mark.parametrize("masks", [(MASK, ~MASK, MASK[::-1]), (MASK, None, MASK[::-1]), (None, MASK, None)])
def test_gradients_of_merged_masked_tensors(layer, masks):
    rng = np.random.default_rng(3)
    ours = same_layer(layer(dtype="float64"), [(3, 4, 2)] * 3)
    check_slopes(ours, [rng.normal(size=(3, 4, 2)) for _ in range(3)], rng.normal(size=(3, 4, 2)), mask=[*masks])


@pytest.mark.parametrize("name", ["hard_sigmoid_keras2", "threshold"])
def test_activations_that_only_files_of_keras_2_name(name):
    rng = np.random.default_rng(3)
    layer = OURS["Activation"](name, dtype="float64")
    check_slopes(layer, 3 * rng.normal(size=(4, 6)), rng.normal(size=(4, 6)))


def test_equal_cells_of_a_pool_as_in_tensorflow():
    x = np.random.default_rng(3).integers(3, size=(4, 8, 2)).astype(np.float64)
    for layer in (LAYERS.MaxPooling1D(3, 2, "same", dtype="float64"), LAYERS.GlobalMaxPooling1D(dtype="float64")):
        check_ties(layer, x)


@pytest.mark.parametrize("masked", [False, True])
def test_batch_normalization_moves_its_statistics_as_keras(masked):
    layer = LAYERS.BatchNormalization(momentum=0.8, dtype="float64")
    x = np.random.default_rng(3).normal(2, 3, size=(3, 4, 5))
    ours = same_layer(layer, x.shape)
    mask = MASK if masked else None
    y, backward = ours.learn(x, mask=mask)
    layer(x, training=True, mask=mask)
    _, gradients = backward(np.zeros_like(y))
    for name in ("moving_mean", "moving_variance"):
        moved = gradients[ours, name].applied(getattr(ours, name))
        np.testing.assert_allclose(moved, getattr(layer, name), rtol=1e-12)


def test_a_frozen_or_predicting_batch_normalization_goes_back_by_its_moving_statistics():
    x, dy = np.random.default_rng(3).normal(size=(2, 3, 4, 5))
    ours = same_layer(LAYERS.BatchNormalization(trainable=False, dtype="float64"), x.shape)
    _, backward = ours.learn(x)
    dx, gradients = backward(dy)
    expected = dy * ours.gamma / np.sqrt(ours.moving_variance + 1e-3)
    np.testing.assert_allclose(dx, expected, rtol=1e-12)
    assert not any(isinstance(gradient, MovingAverage) for gradient in gradients.values())


@pytest.mark.parametrize(
    ("inner", "shape"),
    [
        (LAYERS.Dense(5, activation="tanh", dtype="float64"), (4, 7)),
        (LAYERS.Conv1D(4, 3, dtype="float64"), (3, 7, 2)),
    ],
    ids=["Dense", "Conv1D"],
)
@pytest.mark.parametrize("power_iterations", [1, 3])
def test_spectral_normalization_renews_its_kernel_as_keras(inner, shape, power_iterations):
    layer = LAYERS.SpectralNormalization(type(inner).from_config(inner.get_config()), power_iterations, dtype="float64")
    x, rng = np.random.default_rng(3).normal(size=shape), np.random.default_rng(4)
    ours = reopen(keras.Sequential([keras.Input(shape[1:], dtype="float64"), layer])).layers[0]
    y, backward = ours.learn(x)
    tensor = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        expected = layer(tensor, training=True)
    np.testing.assert_allclose(y, expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(ours.forward(x, training=True), expected, rtol=0, atol=1e-12)
    dy = rng.normal(size=y.shape)
    theirs = tape.gradient(expected, [tensor, layer.layer.kernel.value, layer.layer.bias.value], output_gradients=dy)
    dx, gradients = backward(dy)
    kernel = gradients[ours.layer, "kernel"]
    for mine, his in zip((dx, kernel.gradient, gradients[ours.layer, "bias"]), theirs, strict=True):
        np.testing.assert_allclose(mine, his, rtol=0, atol=1e-10)
    np.testing.assert_allclose(kernel.value, layer.kernel, rtol=1e-12)
    np.testing.assert_allclose(gradients[ours, "vector_u"].applied(ours.vector_u), layer.vector_u, rtol=1e-12)
    still, still_back = ours.learn(x, training=False)
    np.testing.assert_array_equal(still, ours.layer.forward(x))
    assert all(isinstance(found, np.ndarray) for found in still_back(dy)[1].values())


def test_a_kernel_is_renewed_once_in_a_step():
    layer = OURS["SpectralNormalization"](OURS["Dense"](3))
    model = core.Sequential([layer, layer], batch_shape=(None, 3))
    model.initialize()
    _, backward = model.learn(np.ones((2, 3), np.float32))
    with pytest.raises(core.UnsupportedLayerError, match="called only once"):
        backward(np.ones((2, 3), np.float32))
    frozen = OURS["SpectralNormalization"](OURS["Dense"](3), trainable=False)
    frozen.build((None, 3))
    with pytest.raises(core.UnsupportedLayerError, match="is frozen"):
        frozen.learn(np.ones((2, 3), np.float32))


def test_statistics_of_two_calls_move_one_after_the_other():
    slot = (OURS["BatchNormalization"](), "moving_mean")
    first, second = MovingAverage(0.9, np.array([1.0])), MovingAverage(0.5, np.array([3.0]))
    both = join({slot: first}, {slot: second})[slot]
    old = np.array([7.0])
    np.testing.assert_allclose(both.applied(old), second.applied(first.applied(old)), rtol=1e-15)


def test_rows_that_are_named_twice_add_up():
    rows = SparseRows(np.array([2, 0, 2]), np.array([[1.0], [2.0], [4.0]]), 4)
    np.testing.assert_array_equal(rows.dense(), [[2], [0], [5], [0]])
    slot = (OURS["Dense"](1), "kernel")
    np.testing.assert_array_equal(join({slot: rows}, {slot: rows})[slot].dense(), [[4], [0], [10], [0]])
    np.testing.assert_array_equal(SparseRows(np.zeros(0, int), np.zeros((0, 1)), 2).dense(), [[0], [0]])


def test_a_layer_without_a_way_back_says_so():
    layer = OURS["Discretization"]([1.0])
    with pytest.raises(core.UnsupportedLayerError, match="gradient of a Discretization is not known"):
        layer.learn(np.zeros((1, 2)))

    class Halved(OURS["Dense"]):
        def call(self, x):
            return super().call(x) / 2

    with pytest.raises(core.UnsupportedLayerError, match="call_with_backward"):
        Halved(3).learn(np.zeros((1, 2)))
