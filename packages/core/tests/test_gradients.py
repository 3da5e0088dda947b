"""The way back through every layer of core, against TensorFlow's gradients and central differences."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from parity import reopen
from slopes import check_gradients, check_slopes
from twin import twin

import core
from core.layers import LAYERS as OURS
from core.layers.gradients import MovingAverage, SparseRows, join
from core.ops.activations import DERIVATIVES

LAYERS = keras.layers
RNG = np.random.default_rng(0)
MASK = np.array([[True, True, False, True], [False, True, True, False], [True, True, True, True]])
ACTIVATIONS = sorted({function.__name__ for function in DERIVATIVES} - {"hard_sigmoid_keras2", "threshold"})

ROWS = [
    (LAYERS.Dense, {"units": 5}, (4, 7)),
    (LAYERS.Dense, {"units": 5, "use_bias": False, "activation": "relu"}, (4, 7)),
    (LAYERS.Dense, {"units": 3, "activation": "softmax"}, (4, 2, 3, 6)),
    (LAYERS.Dense, {"units": 3, "activation": LAYERS.LeakyReLU(0.1, dtype="float64")}, (4, 6)),
    (LAYERS.Dense, {"units": 2}, (2, 1100)),
    (LAYERS.Flatten, {}, (4, 2, 3, 5)),
    (LAYERS.Flatten, {"data_format": "channels_first"}, (4, 2, 3, 5)),
    (LAYERS.Reshape, {"target_shape": (5, -1)}, (4, 2, 3, 5)),
    (LAYERS.Permute, {"dims": (3, 1, 2)}, (4, 2, 3, 5)),
    (LAYERS.RepeatVector, {"n": 3}, (4, 5)),
    (LAYERS.Identity, {}, (4, 5)),
    (LAYERS.ActivityRegularization, {"l2": 0.1}, (4, 5)),
    *((LAYERS.Activation, {"activation": name}, (4, 3, 6)) for name in ACTIVATIONS),
    (LAYERS.ReLU, {}, (4, 6)),
    (LAYERS.ReLU, {"max_value": 0.8, "negative_slope": 0.2, "threshold": 0.1}, (4, 6)),
    (LAYERS.ReLU, {"negative_slope": 0.2}, (4, 6)),
    (LAYERS.LeakyReLU, {}, (4, 6)),
    (LAYERS.ELU, {"alpha": 0.7}, (4, 6)),
    (LAYERS.PReLU, {}, (4, 3, 6)),
    (LAYERS.PReLU, {"shared_axes": [1]}, (4, 3, 6)),
    (LAYERS.Softmax, {}, (4, 6)),
    (LAYERS.Softmax, {"axis": [1, 2]}, (4, 3, 6)),
    (LAYERS.BatchNormalization, {}, (6, 5)),
    (LAYERS.BatchNormalization, {"epsilon": 1e-5, "momentum": 0.9}, (4, 5, 5, 3)),
    (LAYERS.BatchNormalization, {"axis": 1, "scale": False}, (4, 3, 5)),
    (LAYERS.BatchNormalization, {"center": False}, (4, 5, 3)),
    (LAYERS.LayerNormalization, {}, (4, 3, 6)),
    (LAYERS.LayerNormalization, {"axis": [1, 2], "scale": False}, (4, 3, 6)),
    (LAYERS.LayerNormalization, {"axis": 1, "center": False}, (4, 3, 6)),
    (LAYERS.RMSNormalization, {}, (4, 3, 6)),
    (LAYERS.GroupNormalization, {"groups": 2}, (4, 3, 6)),
    (LAYERS.GroupNormalization, {"groups": -1, "axis": 1, "scale": False}, (4, 3, 6)),
    (LAYERS.UnitNormalization, {}, (4, 3, 6)),
    (LAYERS.UnitNormalization, {"axis": [1, 2]}, (4, 3, 6)),
    (LAYERS.Normalization, {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 1.0, 9.0]}, (4, 3)),
    (LAYERS.Normalization, {"mean": [1.0, 2.0, 3.0], "variance": [4.0, 1.0, 9.0], "invert": True}, (4, 3)),
    (LAYERS.EinsumDense, {"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d"}, (4, 3, 6)),
    (LAYERS.EinsumDense, {"equation": "...x,xy->...y", "output_shape": 5, "activation": "tanh"}, (4, 3, 6)),
    (LAYERS.EinsumDense, {"equation": "ab...,bc->ac...", "output_shape": 5, "bias_axes": "c"}, (4, 3, 6)),
    (LAYERS.EinsumDense, {"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "de"}, (4, 3, 6)),
    (LAYERS.EinsumDense, {"equation": "abc,bd->ad", "output_shape": 3}, (4, 5, 6)),
    (LAYERS.Conv1D, {"filters": 4, "kernel_size": 3, "activation": "tanh"}, (3, 7, 2)),
    (LAYERS.Conv1D, {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (3, 7, 2)),
    (LAYERS.Conv1D, {"filters": 4, "kernel_size": 4, "padding": "same", "strides": 3, "use_bias": False}, (3, 8, 2)),
    (LAYERS.Conv1D, {"filters": 4, "kernel_size": 2, "groups": 2}, (3, 7, 6)),
    (LAYERS.DepthwiseConv1D, {"kernel_size": 3, "depth_multiplier": 2, "padding": "same"}, (3, 7, 2)),
    (LAYERS.SeparableConv1D, {"filters": 4, "kernel_size": 3, "strides": 2}, (3, 8, 2)),
    (LAYERS.Conv1DTranspose, {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same"}, (3, 4, 2)),
    (LAYERS.Conv1DTranspose, {"filters": 4, "kernel_size": 2, "strides": 3}, (3, 4, 2)),
    (LAYERS.Conv1DTranspose, {"filters": 4, "kernel_size": 3, "strides": 2, "output_padding": 1}, (3, 4, 2)),
    (LAYERS.MaxPooling1D, {}, (3, 7, 2)),
    (LAYERS.MaxPooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, (3, 7, 2)),
    (LAYERS.AveragePooling1D, {"pool_size": 3, "strides": 2, "padding": "same"}, (3, 7, 2)),
    (LAYERS.GlobalMaxPooling1D, {"keepdims": True}, (3, 7, 2)),
    (LAYERS.GlobalAveragePooling1D, {}, (3, 7, 2)),
    (LAYERS.AdaptiveAveragePooling1D, {"output_size": 3}, (3, 7, 2)),
    (LAYERS.AdaptiveMaxPooling1D, {"output_size": 3}, (3, 7, 2)),
    (LAYERS.ZeroPadding1D, {"padding": (1, 2)}, (3, 7, 2)),
    (LAYERS.Cropping1D, {"cropping": (1, 2)}, (3, 7, 2)),
    (LAYERS.UpSampling1D, {"size": 3}, (3, 4, 2)),
]  # fmt: skip

MASKED = [
    (LAYERS.GlobalAveragePooling1D, {}),
    (LAYERS.GlobalAveragePooling1D, {"keepdims": True}),
    (LAYERS.BatchNormalization, {}),
    (LAYERS.BatchNormalization, {"scale": False, "center": False}),
]

MERGING = [
    *(
        (layer, {}, shapes)
        for layer in (LAYERS.Add, LAYERS.Average, LAYERS.Multiply, LAYERS.Maximum, LAYERS.Minimum)
        for shapes in (((3, 4, 2),) * 2, ((3, 4, 2),) * 3, ((3, 4, 2), (3, 1, 2)), ((3, 4, 2), (3, 2)))
    ),
    (LAYERS.Subtract, {}, ((3, 4, 2), (3, 4, 1))),
    (LAYERS.Concatenate, {}, ((3, 4, 2), (3, 4, 1), (3, 4, 5))),
    (LAYERS.Concatenate, {"axis": 1}, ((3, 4, 2), (3, 1, 2))),
    (LAYERS.Dot, {"axes": (2, 1)}, ((3, 4, 2), (3, 2, 5))),
    (LAYERS.Dot, {"axes": 1, "normalize": True}, ((3, 4), (3, 4))),
    (LAYERS.Dot, {"axes": (1, 2), "normalize": True}, ((3, 4, 2), (3, 2, 4))),
]

DRAWN = [
    ("Dropout", {"rate": 0.4}),
    ("Dropout", {"rate": 0.4, "noise_shape": [None, 1, None]}),
    ("AlphaDropout", {"rate": 0.4}),
    ("GaussianNoise", {"stddev": 0.3}),
    ("GaussianDropout", {"rate": 0.4}),
]


def row_name(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_gradients_equal_tensorflows(row):
    layer, options, shape = row
    check_gradients(layer(**options, dtype="float64"), np.random.default_rng(3).normal(size=shape))


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling=True`")
def test_gradients_of_the_deprecated_scaling():
    layer = LAYERS.LayerNormalization(rms_scaling=True, dtype="float64")
    check_gradients(layer, np.random.default_rng(3).normal(size=(4, 3, 6)))


@pytest.mark.parametrize("row", MASKED, ids=row_name)
def test_gradients_with_a_mask(row):
    layer, options = row
    check_gradients(layer(**options, dtype="float64"), np.random.default_rng(3).normal(size=(3, 4, 5)), mask=MASK)


def test_gradients_of_a_masked_softmax():
    x = np.random.default_rng(3).normal(size=(3, 4))
    check_gradients(LAYERS.Softmax(dtype="float64"), x, mask=MASK)


@pytest.mark.parametrize("row", MERGING, ids=row_name)
def test_gradients_of_merged_tensors(row):
    layer, options, shapes = row
    rng = np.random.default_rng(3)
    check_gradients(layer(**options, dtype="float64"), [rng.normal(size=shape) for shape in shapes])


@pytest.mark.parametrize("layer", [LAYERS.Add, LAYERS.Multiply, LAYERS.Maximum, LAYERS.Minimum])
@pytest.mark.parametrize("masks", [(MASK, ~MASK, MASK[::-1]), (MASK, None, MASK[::-1]), (None, MASK, None)])
def test_gradients_of_merged_masked_tensors(layer, masks):
    rng = np.random.default_rng(3)
    ours = twin(layer(dtype="float64"), [(3, 4, 2)] * 3)
    check_slopes(ours, [rng.normal(size=(3, 4, 2)) for _ in range(3)], rng.normal(size=(3, 4, 2)), mask=[*masks])


@pytest.mark.parametrize(("name", "options"), DRAWN)
def test_gradients_through_what_is_drawn(name, options):
    """TensorFlow draws other numbers, so the slope of our own function must do."""
    rng = np.random.default_rng(3)
    layer = OURS[name](**options, dtype="float64")
    x, dy = rng.normal(size=(2, 4, 3, 5))
    check_slopes(layer, x, dy, rng=lambda: np.random.default_rng(11))
    y, backward = layer.learn(x, training=False)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(backward(dy)[0], dy)


@pytest.mark.parametrize("name", ["hard_sigmoid_keras2", "threshold"])
def test_activations_that_only_files_of_keras_2_name(name):
    rng = np.random.default_rng(3)
    layer = OURS["Activation"](name, dtype="float64")
    check_slopes(layer, 3 * rng.normal(size=(4, 6)), rng.normal(size=(4, 6)))


def test_equal_cells_of_a_pool_as_in_tensorflow():
    x = np.random.default_rng(3).integers(3, size=(4, 8, 2)).astype(np.float64)
    for layer in (LAYERS.MaxPooling1D(3, 2, "same", dtype="float64"), LAYERS.GlobalMaxPooling1D(dtype="float64")):
        # At a tie there is no slope: only TensorFlow says who takes the gradient.
        tensor = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(tensor)
            y = layer(tensor)
            loss = tf.reduce_sum(y * y)
        _, backward = twin(layer, x.shape).learn(x)
        np.testing.assert_allclose(backward(2 * y.numpy())[0], tape.gradient(loss, tensor), rtol=0, atol=1e-12)


@pytest.mark.parametrize("masked", [False, True])
def test_batch_normalization_moves_its_statistics_as_keras(masked):
    layer = LAYERS.BatchNormalization(momentum=0.8, dtype="float64")
    x = np.random.default_rng(3).normal(2, 3, size=(3, 4, 5))
    ours = twin(layer, x.shape)
    mask = MASK if masked else None
    y, backward = ours.learn(x, mask=mask)
    layer(x, training=True, mask=mask)
    _, gradients = backward(np.zeros_like(y))
    for name in ("moving_mean", "moving_variance"):
        moved = gradients[ours, name].applied(getattr(ours, name))
        np.testing.assert_allclose(moved, getattr(layer, name), rtol=1e-12)


def test_a_frozen_or_predicting_batch_normalization_goes_back_by_its_moving_statistics():
    x, dy = np.random.default_rng(3).normal(size=(2, 3, 4, 5))
    ours = twin(LAYERS.BatchNormalization(trainable=False, dtype="float64"), x.shape)
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
