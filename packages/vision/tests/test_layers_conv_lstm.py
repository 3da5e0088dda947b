"""What convolutional LSTMs and spatial dropout do that no row of a table shows: channels first, states, draws, costs."""

import keras
import numpy as np
import pytest
from rows import Row, opened

from core import InputError, UnsupportedLayerError
from vision import layers as ours

LAYERS = keras.layers
FILMS = (2, 4, 6, 5, 3)


def made(options):
    return opened(Row(LAYERS.ConvLSTM2D, options, FILMS), "float32").ours.layers[0]


def test_channels_first_is_a_transposition():
    options = {"filters": 3, "kernel_size": 2, "return_sequences": True, "return_state": True}
    last = made(options)
    first = ours.ConvLSTM2D.from_config(options | {"data_format": "channels_first"})
    x = np.random.default_rng(5).normal(size=FILMS).astype(np.float32)
    turned = np.moveaxis(x, -1, 2)
    first.build(turned.shape)
    for name, value in last.cell.parameters.items():
        first.cell.assign(name, value)
    expected, actual = last.forward(x), first.forward(turned)
    np.testing.assert_array_equal(np.moveaxis(actual[0], 2, -1), expected[0])
    for one, other in zip(actual[1:], expected[1:], strict=True):
        np.testing.assert_array_equal(np.moveaxis(one, 1, -1), other)
    assert [part.shape for part in actual] == list(first.compute_output_shape(turned.shape))
    again = first.forward(turned, initial_state=list(actual[1:]))
    np.testing.assert_array_equal(np.moveaxis(again[0], 2, -1), last.forward(x, initial_state=list(expected[1:]))[0])


def test_a_stateful_layer_goes_on_where_it_ended():
    layer = made({"filters": 2, "kernel_size": 3, "padding": "same"})
    layer.stateful = True
    x = np.random.default_rng(3).normal(size=FILMS).astype(np.float32)
    layer.forward(x[:, :2])
    half = layer.forward(x[:, 2:])
    layer.reset_states()
    np.testing.assert_allclose(layer.forward(x), half, rtol=0, atol=1e-6)


def test_dropout_in_training_follows_its_generator_and_keeps_the_mean():
    options = {"filters": 2, "kernel_size": 2, "dropout": 0.5, "recurrent_dropout": 0.25}
    layer = made(options)
    x = np.random.default_rng(3).normal(size=FILMS).astype(np.float32)
    one, two = (layer.forward(x, training=True, rng=np.random.default_rng(7)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, layer.forward(x))
    keep, recurrent_keep = layer.cell.draw((100, 10, 10, 3), np.random.default_rng(0))
    assert set(np.unique(keep)) == {0, 2}
    assert recurrent_keep.shape == (4, 100, 9, 9, 2)
    assert abs(recurrent_keep.mean() - 1) < 0.01  # 64,800 draws: five standard deviations are 0.011
    with pytest.raises(InputError, match="draws at random"):
        layer.forward(x, training=True)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_spatial_dropout_forgets_whole_channels(data_format):
    layer = ours.SpatialDropout2D(0.5, data_format=data_format)
    y = layer.forward(np.ones((50, 3, 4, 5), np.float32), training=True, rng=np.random.default_rng(0))
    by_channel = y.reshape(50, -1, 5).swapaxes(1, 2) if data_format == "channels_last" else y.reshape(50, 3, -1)
    assert (by_channel == by_channel[..., :1]).all()
    assert set(np.unique(y)) == {0, 2}


def test_multiply_adds_and_refusals():
    layer = ours.ConvLSTM2D(3, 2, padding="same")
    layer.build((None, 4, 6, 5, 2))
    assert layer.multiply_adds((None, 4, 6, 5, 2)) == 4 * 6 * 5 * 4 * (2 + 3) * 4 * 3
    assert layer.multiply_adds((None, None, 6, 5, 2)) is None
    with pytest.raises(InputError, match="expects 5 axes"):
        layer.compute_output_shape((None, 4, 6, 5))
    with pytest.raises(UnsupportedLayerError, match="padding must be one of"):
        ours.ConvLSTM2D.from_config({"filters": 2, "kernel_size": 2, "padding": "causal"})
    with pytest.raises(UnsupportedLayerError, match="surprise"):
        ours.ConvLSTM2D.from_config({"filters": 2, "kernel_size": 2, "surprise": 1})


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_trace_satisfies_the_equations_of_an_lstm(data_format):
    layer = ours.ConvLSTM2D(2, 3, padding="same", return_sequences=True, data_format=data_format)
    rng = np.random.default_rng(2)
    x = rng.normal(size=(2, 3, 4, 4, 4)).astype(np.float32)
    layer.build(x.shape)
    for name, shape in layer.cell.parameter_shapes.items():
        layer.cell.assign(name, rng.normal(scale=0.3, size=shape).astype(np.float32))
    seen = layer.trace(x)
    before = np.concatenate([np.zeros_like(seen["c"][:, :1]), seen["cell_state"][:, :-1]], axis=1)
    np.testing.assert_allclose(seen["f"] * before + seen["i"] * seen["c"], seen["cell_state"], atol=1e-6)
    np.testing.assert_array_equal(seen["hidden_state"], layer.forward(x))
