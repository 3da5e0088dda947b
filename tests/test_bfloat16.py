"""bfloat16, which NumPy lacks: rounding bit by bit, and models of both policies against Keras."""

import keras
import ml_dtypes
import numpy as np
import pytest
from compare import randomize, reopen

import core
from core.ops.bfloat16 import from_bytes, rounded, to_bytes

LAYERS = keras.layers

#: A bfloat16 has 8 bits, so one rounding is up to 2^-9 of a value. Keras rounds after each operation, Kaca at the ends of
#: each layer; the difference is a few roundings of the largest output.
TOLERANCE = 4 * 2.0**-8


def test_rounding_is_that_of_ml_dtypes():
    rng = np.random.default_rng(0)
    bits = rng.integers(0, 2**32, size=200_000, dtype=np.uint32)
    values = np.concatenate(
        [bits.view(np.float32), np.float32([0, -0.0, 1, np.inf, -np.inf, 1 + 2**-8, 1 + 3 * 2**-8])]
    )
    with np.errstate(invalid="ignore"):
        expected = values.astype(ml_dtypes.bfloat16)
    np.testing.assert_array_equal(rounded(values), expected.astype(np.float32))
    finite = rounded(values[np.isfinite(values)])
    np.testing.assert_array_equal(from_bytes(to_bytes(finite)), finite)
    assert to_bytes(np.float32([1.5])).tobytes() == np.array([1.5], ml_dtypes.bfloat16).tobytes()


def networks():
    """Name, input shape, layers."""
    dense = [LAYERS.Dense(8, activation="relu"), LAYERS.BatchNormalization(), LAYERS.Dense(3, activation="softmax")]
    images = [
        LAYERS.Conv2D(4, 3, activation="gelu"),
        LAYERS.MaxPooling2D(),
        LAYERS.Flatten(),
        LAYERS.LayerNormalization(),
    ]
    started = {"recurrent_initializer": "glorot_uniform"}  # TensorFlow has no orthogonal matrices of bfloat16
    sequences = [LAYERS.LSTM(5, return_sequences=True, **started), LAYERS.Bidirectional(LAYERS.GRU(4, **started))]
    return {"dense": ((6,), dense), "images": ((8, 8, 2), images), "sequences": ((5, 3), sequences)}


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize("policy", ["bfloat16", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["dense", "images", "sequences"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")
def test_models(name, policy, suffix, tmp_path):
    keras.config.set_dtype_policy(policy)
    try:
        shape, layers = networks()[name]
        model = keras.Sequential([keras.Input(shape), *layers])
    finally:
        keras.config.set_dtype_policy("float32")
    rng = np.random.default_rng(1)
    randomize(model, rng)
    x = rng.normal(size=(4, *shape)).astype(np.float32)
    expected = np.asarray(model(x))
    assert expected.dtype == ml_dtypes.bfloat16
    opened = reopen(model, suffix)
    actual = opened.forward(x)
    assert actual.dtype == np.float32
    np.testing.assert_array_equal(actual, rounded(actual))
    scale = max(1.0, float(np.abs(expected.astype(np.float32)).max()))
    np.testing.assert_allclose(actual, expected.astype(np.float32), rtol=0, atol=TOLERANCE * scale)
    opened.save(tmp_path / "copy.keras")
    opened.save_weights(tmp_path / "copy.weights.h5")
    copy = keras.models.load_model(tmp_path / "copy.keras")
    np.testing.assert_array_equal(np.asarray(copy(x)), expected)
    copy.load_weights(tmp_path / "copy.weights.h5")
    np.testing.assert_array_equal(np.asarray(copy(x)), expected)
    assert [variable.dtype for variable in copy.weights] == [variable.dtype for variable in model.weights]


def test_one_layer_is_exact_where_keras_rounds_once():
    model = keras.Sequential([keras.Input((6,)), LAYERS.Dense(4, use_bias=False, dtype="bfloat16")])
    randomize(model, np.random.default_rng(2))
    x = np.random.default_rng(3).normal(size=(50, 6)).astype(np.float32)
    actual, expected = reopen(model).forward(x), np.asarray(model(x)).astype(np.float32)
    # TensorFlow sums in float32 too, in another order: a sum at the edge of two bfloat16s may fall on either side
    assert np.mean(actual == expected) > 0.99


def test_casts():
    x = keras.Input((5,))
    model = keras.Model(x, keras.ops.cast(keras.ops.cast(x, "bfloat16"), "float32"))
    values = np.random.default_rng(0).normal(size=(3, 5)).astype(np.float32)
    np.testing.assert_array_equal(reopen(model).forward(values), np.asarray(model(values)))


def test_unknown_policies_are_refused():
    with pytest.raises(core.InputError, match="dtype must be one of"):
        core.layers.Dense(3, dtype="float8")
