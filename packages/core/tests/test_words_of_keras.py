"""Keras' words mean what they mean in Keras: calling, layers, weights, shapes, predictions and classes."""

import inspect

import keras
import numpy as np
import pytest
from compare import reopen

import core
from core import layers, learning

L = keras.layers
X = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)


def branched() -> keras.Model:
    one, other = keras.Input((4,), name="one"), keras.Input((4,), name="other")
    shared = L.Dense(3, name="shared")
    joined = L.BatchNormalization(name="norm")(L.Concatenate(name="joined")([shared(one), shared(other)]))
    inner = keras.Sequential([keras.Input((6,)), L.Dense(2, trainable=False), L.Dense(3)], name="inner")
    return keras.Model([one, other], {"left": L.Dense(2, name="left")(joined), "right": inner(joined)})


def line(activation: str | None, units: int, *more: int) -> core.Model:
    model = core.Sequential([layers.Dense(units, activation)], batch_shape=(None, *more, 4))
    model.initialize(0)
    return model


def test_weights_stand_in_keras_order():
    theirs = branched()
    ours = reopen(theirs)
    assert [layer.name for layer in ours.layers] == [layer.name for layer in theirs.layers]
    expected = theirs.get_weights()
    for mine, other in zip(ours.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(mine, other)
    for layer in theirs.layers:
        for mine, other in zip(ours.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, other)
    moved = [np.abs(value) + 0.5 for value in expected]
    theirs.set_weights(moved)
    ours.set_weights(moved)
    for name, output in theirs([X, -X]).items():
        np.testing.assert_allclose(ours([X, -X])[name], output, atol=1e-5)
        np.testing.assert_allclose(ours.predict([X, -X])[name], output, atol=1e-5)


def test_what_get_weights_returns_is_a_copy():
    model = line(None, 2)
    before = model.predict(X)
    model.get_weights()[0][:] = 7
    np.testing.assert_array_equal(model.predict(X), before)


def test_an_array_that_was_assigned_stays_its_owners():
    model, kernel = line(None, 2), np.ones((4, 2), np.float32)
    model.layers[0].assign("kernel", kernel)
    before = model.predict(X)
    kernel[:] = 7
    assert kernel.flags.writeable
    np.testing.assert_array_equal(model.predict(X), before)
    np.testing.assert_array_equal(model.forward(X), before)


def test_setting_a_parameter_by_its_name_assigns_it(tmp_path):
    model = line(None, 2)
    model.predict(X)
    model.layers[0].kernel = np.arange(8.0).reshape(4, 2)  # float64, as users have it
    expected = X @ np.arange(8, dtype=np.float32).reshape(4, 2)
    model.save(tmp_path / "model.keras")
    opened = core.load_model(tmp_path / "model.keras")
    for found in (model.forward(X), model.predict(X), opened.predict(X)):
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    with pytest.raises(core.WeightMismatchError, match="has the shape"):
        model.layers[0].kernel = np.zeros((2, 4))


def test_a_parameter_is_not_called_like_an_attribute():
    class Named(core.Layer):
        def build(self, shape):
            self.declare("config", shape[1:])

    with pytest.raises(core.InputError, match="'config' is the name of an attribute"):
        Named().build((None, 3))


@pytest.mark.parametrize(
    "wrong",
    [lambda w: w[:-1], lambda w: [*w, w[0]], lambda w: [w[0], np.zeros(3)], lambda w: [w[0], ["a", "b"]], lambda w: 7],
)
def test_wrong_weights_change_nothing(wrong):
    model = line(None, 2)
    before = model.get_weights()
    with pytest.raises(core.WeightMismatchError):
        model.set_weights(wrong([value + 1 for value in before]))
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_shapes_have_keras_structure():
    theirs = branched()
    ours = reopen(theirs)
    assert ours.input_shape == [tuple(shape) for shape in theirs.input_shape]
    assert ours.output_shape == {"left": (None, 2), "right": (None, 3)}  # as a dict, where Keras gives a list
    assert line(None, 2).input_shape == (None, 4)
    assert line(None, 2).output_shape == (None, 2)


def test_layers_are_found_by_name_or_number():
    model = line(None, 2)
    assert model.get_layer("dense") is model.get_layer(index=0) is model.get_layer(index=-1)
    for wrong in ({"name": "dens"}, {"index": 1}, {}, {"name": "dense", "index": 0}):
        with pytest.raises(core.InputError, match=r"dens|index"):
            model.get_layer(**wrong)


@pytest.mark.parametrize(
    "given", [{"in": X}, X.tolist(), [X], (X,), X.astype(np.float64)], ids=lambda g: type(g).__name__
)
def test_one_input_comes_in_many_forms(given):
    model = reopen(keras.Sequential([keras.Input((4,), name="in"), L.Dense(2)]))
    np.testing.assert_array_equal(model.predict(given), model.predict(X))


@pytest.mark.parametrize("given", [{"in": X, "more": X}, {"other": X}, {}, [X, X], None, "text", X[:, :3]])
def test_what_does_not_fit_is_an_error(given):
    model = reopen(keras.Sequential([keras.Input((4,), name="in"), L.Dense(2)]))
    with pytest.raises(core.InputError):
        model.predict(given)


def test_named_inputs_come_in_any_order_but_all_of_them():
    theirs = branched()
    ours = reopen(theirs)
    expected = ours.predict([X, -X])
    for name, output in ours.predict({"other": -X, "one": X}).items():
        np.testing.assert_array_equal(output, expected[name])
    for wrong in ({"one": X}, {"one": X, "other": X, "third": X}):
        with pytest.raises(core.InputError, match="one"):
            ours.predict(wrong)


@pytest.mark.parametrize("number", [np.int64, np.int32, np.uint8, float])
def test_numbers_of_numpy_are_sizes(number):
    model = core.Sequential([layers.Dense(number(3))], batch_shape=(None, 4))
    model.initialize(0)
    if number is not float:
        assert model.predict(X, batch_size=number(2), threads=number(1)).shape == (5, 3)


def test_a_forecast_stays_a_forecast():
    model = line(None, 1)
    assert model.predict(X).shape == (5, 1)
    assert np.unique(model.predict(X)).size == 5
    with pytest.raises(core.InputError, match="no probabilities"):
        model.predict_classes(X - 100)


def test_classes():
    np.testing.assert_array_equal(line("softmax", 3).predict_classes(X), line("softmax", 3).predict(X).argmax(-1))
    one = line("sigmoid", 1)
    np.testing.assert_array_equal(one.predict_classes(X), one.predict(X)[:, 0] > 0.5)
    steps = np.stack([X, -X, 2 * X], axis=1)
    each = line("sigmoid", 1, 3)
    np.testing.assert_array_equal(each.predict_classes(steps), each.predict(steps)[..., 0] > 0.5)
    many = line("softmax", 2, 3)
    np.testing.assert_array_equal(many.predict_classes(steps), many.predict(steps).argmax(-1))
    assert {model.predict_classes(x).dtype for model, x in ((one, X), (many, steps))} == {np.dtype(np.int64)}
    assert one.predict_classes(X[:0]).shape == (0,)


def test_nan_is_in_no_class():
    model = line("softmax", 3)
    weights = model.get_weights()
    model.set_weights([weights[0], np.array([0, np.nan, 0])])
    with pytest.raises(core.InputError, match="NaN for row 0"):
        model.predict_classes(X)
    assert np.isnan(model.predict(X)).all()


def test_several_outputs_have_no_probabilities():
    ours = reopen(branched())
    for way in (ours.predict_proba, ours.predict_classes):
        with pytest.raises(core.InputError, match=r"several outputs.*left.*right"):
            way([X, X])


@pytest.mark.parametrize("verbose", [3, "loud", None])
def test_verbose_is_keras_own(verbose, capsys):
    model = line(None, 2)
    for known in (0, "auto"):
        model.predict(X, verbose=known)
    assert capsys.readouterr() == ("", "")
    model.predict(X, verbose=1)
    assert "5" in capsys.readouterr().err
    with pytest.raises(core.InputError, match="verbose"):
        model.predict(X, verbose=verbose)


def test_a_model_that_was_never_built_says_what_it_lacks():
    model = core.Sequential([layers.Dense(2)], batch_shape=(None, 4))
    for way in (model, model.predict, model.predict_classes, model.activations):
        with pytest.raises(core.WeightMismatchError, match="call initialize"):
            way(X)
    model.initialize(0)
    assert model.predict(X).shape == (5, 2)


def test_weights_alone_are_no_model(tmp_path):
    model = line(None, 2)
    for name in ("w.weights.h5", "w.npz"):
        model.save_weights(tmp_path / name)
        with pytest.raises(core.ModelFileError, match=r"weights alone.*load_weights"):
            core.load_model(tmp_path / name)


@pytest.mark.parametrize("method", ["compile", "fit", "evaluate"])
def test_the_options_of_learning_are_those_of_keras_in_their_order(method):
    theirs = inspect.signature(getattr(keras.Model, method)).parameters.values()
    expected = [(option.name, option.default) for option in theirs if option.kind is option.POSITIONAL_OR_KEYWORD]
    ours = inspect.signature(getattr(core.Model, method)).parameters.values()
    assert [(option.name, option.default) for option in ours][: len(expected)] == expected


@pytest.mark.parametrize("name", ["SGD", "Adam", "AdamW", "RMSprop"])
def test_the_options_of_optimizers_have_the_defaults_of_keras(name):
    theirs = inspect.signature(getattr(keras.optimizers, name)).parameters
    ours = inspect.signature(getattr(learning, name)).parameters
    assert {option: theirs[option].default for option in ours} == {option: ours[option].default for option in ours}
