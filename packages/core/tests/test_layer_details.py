"""What layers of core do that no row of a table shows: in training, where Keras errs, with lengths that stay open."""

import keras
import numpy as np
import pytest
from compare import TOLERANCE, assert_close, check_model, randomize, reopen

import core
from core.layers import LAYERS as OURS

LAYERS = keras.layers


def test_a_bias_stays_on_its_own_axis():
    """TensorFlow's backend of Keras adds a (2, 1) bias along axis 1 where that has two entries as well; einsum says axis 2."""
    model = keras.Sequential(
        [keras.Input((2, 3)), LAYERS.EinsumDense("abc,cde->abde", output_shape=(None, 2, 5), bias_axes="d")]
    )
    rng = np.random.default_rng(0)
    randomize(model, rng)
    kernel, bias = model.get_weights()
    x = rng.normal(size=(4, 2, 3)).astype(np.float32)
    expected = np.einsum("abc,cde->abde", x, kernel) + bias
    np.testing.assert_allclose(reopen(model).forward(x), expected, rtol=0, atol=1e-6)
    assert np.abs(np.asarray(model(x)) - expected).max() > 0.1  # once Keras is right, this test goes


@pytest.mark.parametrize("axis", [-1, 1])
def test_batch_normalization_in_training_uses_the_batch(axis):
    x = np.random.default_rng(1).normal(2, 3, size=(6, 4, 5)).astype(np.float32)
    layer = LAYERS.BatchNormalization(axis=axis)
    opened = check_model(keras.Sequential([keras.Input(x.shape[1:]), layer]), x)
    expected = np.asarray(layer(x, training=True))
    np.testing.assert_allclose(opened.forward(x, training=True), expected, rtol=0, atol=TOLERANCE["float32"] * 10 / 3)


def test_an_adapted_normalization_counts_in_whole_numbers():
    layer = LAYERS.Normalization()
    layer.adapt(np.ones((6, 4)))
    assert reopen(keras.Sequential([keras.Input((4,)), layer])).layers[0].count.dtype == np.int32


def test_spectral_normalization_is_its_layer_at_inference():
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    layer = LAYERS.SpectralNormalization(LAYERS.Dense(3, activation="tanh"), power_iterations=2)
    model = keras.Sequential([keras.Input((6,)), layer])
    layer(x, training=True)
    check_model(model, x)


def test_a_pipeline_counts_what_is_inside():
    inner = LAYERS.Pipeline([LAYERS.Dense(5, activation="relu"), LAYERS.Dropout(0.5), LAYERS.Dense(3)])
    model = keras.Sequential(
        [keras.Input((4,)), LAYERS.Pipeline([LAYERS.Flatten(), LAYERS.UnitNormalization()]), inner]
    )
    randomize(model, np.random.default_rng(0))
    x = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    opened = reopen(model)
    assert_close(opened.forward(x), model(x, training=False), 1e-6)
    assert opened.layers[1].multiply_adds((None, 4)) == 4 * 5 + 5 * 3


def test_a_sentence_without_words_has_no_average():
    pooling = OURS["GlobalAveragePooling1D"]()
    x, mask = np.ones((2, 3, 4), dtype=np.float32), np.array([[True, False, False], [False, False, False]])
    expected = np.asarray(LAYERS.GlobalAveragePooling1D()(x, mask=mask))
    np.testing.assert_array_equal(pooling.forward(x, mask=mask), expected)
    assert np.isnan(expected[1]).all()


def test_length_may_stay_open():
    layer = LAYERS.Conv1D(5, 3, strides=2, padding="same")
    model = keras.Sequential([keras.Input((None, 4)), layer, LAYERS.GlobalMaxPooling1D()])
    opened = check_model(model, np.random.default_rng(0).normal(size=(2, 7, 4)).astype(np.float32))
    assert opened.layers[0].multiply_adds((None, None, 4)) is None
    x = np.random.default_rng(1).normal(size=(2, 12, 4)).astype(np.float32)
    np.testing.assert_allclose(opened.forward(x), np.asarray(model(x)), rtol=0, atol=3 * TOLERANCE["float32"])


NOISE = [
    ("Dropout", {"rate": 0.25}, 1.0, np.sqrt(1 / 3)),
    ("GaussianNoise", {"stddev": 0.5}, 0.0, 0.5),
    ("GaussianDropout", {"rate": 0.2}, 1.0, 0.5),
    ("AlphaDropout", {"rate": 0.2}, None, None),
]


@pytest.mark.parametrize(("name", "options", "mean", "deviation"), NOISE)
def test_noise_in_training_follows_its_generator(name, options, mean, deviation):
    layer = OURS[name](**options)
    if mean is None:  # alpha dropout keeps the mean and variance of normal inputs
        x = np.random.default_rng(5).normal(size=(1000, 50)).astype(np.float32)
        mean, deviation = 0.0, 1.0
    else:
        x = np.full((1000, 50), mean, np.float32)
    first = layer.forward(x, training=True, rng=np.random.default_rng(3))
    np.testing.assert_array_equal(first, layer.forward(x, training=True, rng=np.random.default_rng(3)))
    # 50,000 draws: five standard errors of the mean are 5 * 1 / sqrt(50000) = 0.022
    assert abs(float(first.mean()) - mean) < 0.022
    assert abs(float(first.std()) - deviation) < 0.022
    if name == "Dropout":
        assert set(np.unique(first)) == {np.float32(0), np.float32(1 / 0.75)}
    with pytest.raises(core.InputError, match="rng"):
        layer.forward(x, training=True)


@pytest.mark.parametrize(
    ("name", "options"), [*(row[:2] for row in NOISE), ("Dropout", {"rate": 0.4, "noise_shape": [None, 1, None]})]
)
def test_noise_outside_training_is_the_identity_forward_and_backward(name, options):
    layer = OURS[name](**options, dtype="float64")
    x, dy = np.random.default_rng(3).normal(size=(2, 4, 3, 5))
    y, backward = layer.learn(x, training=False)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(backward(dy)[0], dy)


def test_dropout_of_attention_weights_follows_its_generator():
    query, value = keras.Input((4, 5)), keras.Input((6, 5))
    opened = reopen(keras.Model([query, value], LAYERS.MultiHeadAttention(2, 3, dropout=0.4)(query, value)))
    data = [np.random.default_rng(1).normal(size=(3, size, 5)).astype(np.float32) for size in (4, 6)]
    first, again = (opened.forward(data, training=True, rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - opened.forward(data)).max() > 0.01
    with pytest.raises(core.InputError, match="rng"):
        opened.forward(data, training=True)
