"""Normalisation, activation, reshaping and regularisation layers against Keras: one row a layer and its options."""

import keras
import numpy as np
import pytest
from parity import check_layer, check_model

import core

LAYERS = keras.layers
MEANS = {"mean": [0.5, -1.0, 2.0], "variance": [1.0, 0.0, 4.0]}

ROWS = [
    (LAYERS.LayerNormalization, {}, (3, 6)),
    (LAYERS.LayerNormalization, {"axis": 1, "epsilon": 1e-6}, (3, 4, 5)),
    (LAYERS.LayerNormalization, {"axis": [2, 1]}, (3, 4, 5, 2)),
    (LAYERS.LayerNormalization, {"axis": [-1, 1], "scale": False}, (3, 4, 4)),
    (LAYERS.LayerNormalization, {"axis": [-1, 1]}, (3, 4, 2, 5)),
    (LAYERS.LayerNormalization, {"center": False}, (3, 4, 5)),
    (LAYERS.LayerNormalization, {"center": False, "scale": False}, (3, 5)),
    (LAYERS.GroupNormalization, {"groups": 3}, (3, 4, 6)),
    (LAYERS.GroupNormalization, {"groups": -1}, (3, 5, 4, 6)),
    (LAYERS.GroupNormalization, {"groups": 2, "axis": 1}, (3, 4, 5)),
    (LAYERS.GroupNormalization, {"groups": 2, "axis": -2, "scale": False}, (3, 5, 4, 2)),
    (LAYERS.GroupNormalization, {"groups": 1, "center": False, "epsilon": 1e-5}, (3, 4)),
    (LAYERS.UnitNormalization, {}, (3, 4, 5)),
    (LAYERS.UnitNormalization, {"axis": [1, 2]}, (3, 4, 5)),
    (LAYERS.UnitNormalization, {"axis": 1}, (3, 4, 5)),
    (LAYERS.RMSNormalization, {}, (3, 4, 5)),
    (LAYERS.RMSNormalization, {"axis": [1, 2], "epsilon": 1e-3}, (3, 4, 5)),
    (LAYERS.RMSNormalization, {"axis": 1}, (3, 4, 4)),
    (LAYERS.Normalization, MEANS, (4, 5, 3)),
    (LAYERS.Normalization, MEANS | {"axis": [1, -1]}, (4, 5, 3)),
    (LAYERS.Normalization, {"mean": 1.5, "variance": 4.0, "invert": True}, (4, 3)),
    (LAYERS.ReLU, {}, (3, 7)),
    (LAYERS.ReLU, {"max_value": 6.0}, (3, 7)),
    (LAYERS.ReLU, {"max_value": 0.7, "threshold": 0.2}, (3, 7)),
    (LAYERS.ReLU, {"negative_slope": 0.1}, (3, 7)),
    (LAYERS.ReLU, {"negative_slope": 0.1, "max_value": 1.0}, (3, 7)),
    (LAYERS.ReLU, {"negative_slope": 0.1, "max_value": 1.0, "threshold": 0.5}, (3, 7)),
    (LAYERS.LeakyReLU, {}, (3, 7)),
    (LAYERS.LeakyReLU, {"negative_slope": 0.01}, (3, 7)),
    (LAYERS.PReLU, {}, (3, 4, 5)),
    (LAYERS.PReLU, {"shared_axes": [1, 2]}, (3, 4, 5, 2)),
    (LAYERS.PReLU, {"shared_axes": 1}, (3, 4, 5)),
    (LAYERS.ELU, {"alpha": 0.7}, (3, 7)),
    (LAYERS.Softmax, {}, (3, 7)),
    (LAYERS.Softmax, {"axis": 1}, (3, 4, 5)),
    (LAYERS.Softmax, {"axis": [1, 2]}, (3, 4, 5)),
    (LAYERS.Softmax, {"axis": [-1]}, (3, 4, 5)),
    (LAYERS.Identity, {}, (3, 4)),
    (LAYERS.Reshape, {"target_shape": (2, 6)}, (3, 4, 3)),
    (LAYERS.Reshape, {"target_shape": (2, -1, 1)}, (3, 4, 3)),
    (LAYERS.Reshape, {"target_shape": (-1,)}, (3, 4, 3)),
    (LAYERS.Reshape, {"target_shape": ()}, (3, 1)),
    (LAYERS.Permute, {"dims": (3, 1, 2)}, (3, 4, 5, 2)),
    (LAYERS.RepeatVector, {"n": 4}, (3, 5)),
    (LAYERS.GaussianNoise, {"stddev": 0.3}, (3, 5)),
    (LAYERS.GaussianDropout, {"rate": 0.3}, (3, 5)),
    (LAYERS.AlphaDropout, {"rate": 0.3}, (3, 5)),
    (LAYERS.ActivityRegularization, {"l1": 0.1, "l2": 0.2}, (3, 5)),
]


def row_name(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_forward_equals_keras(row, dtype):
    layer, options, shape = row
    check_layer(layer, options, shape, dtype=dtype)


@pytest.mark.filterwarnings("ignore:You passed `rms_scaling=True`")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layer_normalization_with_rms_scaling_divides_by_the_deviation(dtype):
    check_layer(LAYERS.LayerNormalization, {"rms_scaling": True, "axis": [1, 2]}, (3, 4, 5), dtype=dtype)


@pytest.mark.parametrize("layer", [LAYERS.LayerNormalization, LAYERS.UnitNormalization, LAYERS.RMSNormalization])
def test_an_example_of_zeros_stays_finite(layer):
    check_layer(layer, {}, (2, 3), x=np.zeros((2, 3), np.float32))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("options", [{}, {"axis": [1, 2], "invert": True}, {"axis": None}, {"axis": (2, 1)}], ids=str)
def test_normalization_by_what_was_adapted(options, dtype):
    x = np.random.default_rng(0).normal(3, 2, size=(6, 4, 5)).astype(dtype)
    layer = LAYERS.Normalization(**options, dtype=dtype)
    layer.adapt(x)
    opened = check_model(keras.Sequential([keras.Input((4, 5), dtype=dtype), layer]), x)
    assert opened.layers[0].count.dtype == np.int32


def test_normalization_of_integers():
    x = np.arange(24).reshape(4, 6).astype(np.int32)
    layer = LAYERS.Normalization()
    layer.adapt(x.astype(np.float32))
    check_model(keras.Sequential([keras.Input((6,), dtype="int32"), layer]), x)


def test_spectral_normalization_is_its_layer_at_inference():
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    layer = LAYERS.SpectralNormalization(LAYERS.Dense(3, activation="tanh"), power_iterations=2)
    model = keras.Sequential([keras.Input((6,)), layer])
    layer(x, training=True)
    check_model(model, x)


@pytest.mark.parametrize("inner", [LAYERS.LeakyReLU(0.2), LAYERS.ReLU(max_value=2.0), LAYERS.PReLU(), LAYERS.Softmax()])
def test_an_activation_may_be_a_layer(inner):
    if isinstance(inner, LAYERS.PReLU):
        pytest.skip("Keras does not keep the weights of an activation inside another layer")
    check_layer(LAYERS.Dense, {"units": 4, "activation": inner}, (3, 5))
    check_layer(LAYERS.Activation, {"activation": inner}, (3, 5))


NOISE = [
    (LAYERS.GaussianNoise, {"stddev": 0.5}, 0.0, 0.5),
    (LAYERS.GaussianDropout, {"rate": 0.2}, 1.0, 0.5),
    (LAYERS.AlphaDropout, {"rate": 0.2}, None, None),
]


@pytest.mark.parametrize("row", NOISE, ids=lambda row: row[0].__name__)
def test_noise_in_training_follows_its_generator(row):
    layer, options, mean, deviation = row
    opened = check_layer(layer, options, (4, 50))
    if mean is None:  # alpha dropout keeps the mean and variance of normal inputs
        x = np.random.default_rng(5).normal(size=(1000, 50)).astype(np.float32)
        mean, deviation = 0.0, 1.0
    else:
        x = np.full((1000, 50), mean, np.float32)
    first = opened.forward(x, training=True, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(first, opened.forward(x, training=True, rng=np.random.default_rng(3)))
    # 50,000 draws: five standard errors of the mean are 5 * 1 / sqrt(50000) = 0.022
    assert abs(float(first.mean()) - mean) < 0.022
    assert abs(float(first.std()) - deviation) < 0.022
    with pytest.raises(core.InputError, match="rng"):
        opened.forward(x, training=True)


def test_masked_softmax():
    scores, mask = keras.Input((4, 5)), keras.Input((4, 5), dtype="bool")
    model = keras.Model([scores, mask], LAYERS.Softmax(axis=[1, 2])(scores, mask=mask))
    rng = np.random.default_rng(0)
    check_model(model, [rng.normal(size=(3, 4, 5)).astype(np.float32), rng.random((3, 4, 5)) > 0.5])


BROKEN = [
    ("LayerNormalization", {"axis": 5}),
    ("LayerNormalization", {"axis": [1, 1]}),
    ("LayerNormalization", {"epsilon": "small"}),
    ("GroupNormalization", {"groups": 4}),
    ("GroupNormalization", {"groups": 0}),
    ("Normalization", {"mean": [1.0]}),
    ("Normalization", {"mean": [1.0, 2.0], "variance": [1.0, 2.0]}),
    ("ReLU", {"negative_slope": -1.0}),
    ("Softmax", {"axis": [9]}),
    ("Reshape", {"target_shape": [7]}),
    ("Reshape", {"target_shape": [-1, -1]}),
    ("Permute", {"dims": [1, 3]}),
    ("Permute", {"dims": [[1], 2]}),
    ("RepeatVector", {"n": 0}),
    ("PReLU", {"shared_axes": [0]}),
    ("SpectralNormalization", {"layer": None}),
    ("SpectralNormalization", {"layer": {"class_name": "ReLU", "config": {}}}),
]


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_impossible_options_are_refused(row):
    class_name, options = row
    with pytest.raises(core.UnsupportedLayerError):
        core.layers.registry.build_layer(
            {
                "class_name": "Sequential",
                "config": {
                    "name": "s",
                    "build_input_shape": [None, 3, 6],
                    "layers": [{"class_name": class_name, "config": {"trainable": True} | options}],
                },
            }
        ).build((None, 3, 6))


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "bool"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "exponential", "linear"])
def test_whole_numbers_are_activated_in_keras_own_type(activation, dtype):
    entry = keras.Input((4,), dtype=dtype)
    x = np.array([[0, 1, 1, 0], [1, 1, 0, 1]]).astype(dtype)
    if (activation, dtype) in {("relu", "bool"), ("leaky_relu", "bool")}:
        pytest.skip("TensorFlow has no such function")
    check_model(keras.Model(entry, LAYERS.Activation(activation)(entry)), x, tolerance=1e-6)
