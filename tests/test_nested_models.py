"""A model inside a model predicts by the fast form, with the numbers of Keras: masks, several calls, inputs and outputs."""

import keras
import numpy as np
import pytest
from compare import TOLERANCE, assert_close, randomize, reopen
from keras import layers

from core.engine.flatten import MOST_CALLS
from core.graph.network import Network

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(9, 8, 8, 3)).astype(np.float32)
TOKENS = RNG.integers(0, 7, size=(9, 6))
POINTS = RNG.normal(size=(9, 5)).astype(np.float32)


def convolutions(name="inner"):
    return keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(4, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.MaxPooling2D(),
        ],
        name=name,
    )


def sentences():
    return keras.Sequential(
        [keras.Input((6,), dtype="int32"), layers.Embedding(7, 4, mask_zero=True), layers.Dropout(0.5)], name="inner"
    )


def dense(units=5, name="inner"):
    return keras.Sequential([keras.Input((5,)), layers.Dense(9, "relu"), layers.Dense(units, "tanh")], name=name)


def sequential():
    return keras.Sequential([keras.Input((8, 8, 3)), convolutions(), layers.Flatten(), layers.Dense(3, "softmax")])


def twice_nested():
    middle = keras.Sequential([keras.Input((8, 8, 3)), layers.Rescaling(0.5), convolutions(), layers.Flatten()])
    return keras.Sequential([keras.Input((8, 8, 3)), middle, layers.Dense(3)])


def mask_comes_out():
    return keras.Sequential([keras.Input((6,), dtype="int32"), sentences(), layers.LSTM(3)])


def mask_goes_in():
    inner = keras.Sequential([keras.Input((6, 4)), layers.LSTM(3, return_sequences=True), layers.GRU(2)], name="inner")
    return keras.Sequential([keras.Input((6,), dtype="int32"), layers.Embedding(7, 4, mask_zero=True), inner])


def mask_goes_through():
    inner = keras.Sequential([keras.Input((6, 4)), layers.Dense(3, "relu"), layers.Dropout(0.3)], name="inner")
    x = keras.Input((6,), dtype="int32")
    return keras.Model(x, layers.LSTM(3)(inner(layers.Embedding(7, 4, mask_zero=True)(x))))


def mask_given():
    x, m = keras.Input((6, 4)), keras.Input((6,), dtype="bool")
    inner = keras.Sequential([keras.Input((6, 4)), layers.LSTM(3)], name="inner")
    return keras.Model([x, m], inner(x, mask=m))


def several_calls(count=2):
    def build():
        inner, inputs = dense(), [keras.Input((5,)) for _ in range(count)]
        return keras.Model(inputs, layers.Concatenate()([inner(x) for x in inputs]))

    return build


def called_on_itself():
    inner, x = dense(), keras.Input((5,))
    return keras.Model(x, layers.Add()([inner(inner(x)), x]))


def several_inputs():
    a, b = keras.Input((5,)), keras.Input((5,))
    inner = keras.Model([a, b], layers.Add()([layers.Dense(3)(a), layers.Dense(3)(b)]), name="inner")
    x, y = keras.Input((5,)), keras.Input((5,))
    return keras.Model([x, y], layers.Dense(2)(inner([y, x])))


def dict_inputs():
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    inner = keras.Model({"b": b, "a": a}, layers.Subtract()([layers.Dense(3)(a), b[:, :3]]), name="inner")
    x, y = keras.Input((5,)), keras.Input((5,))
    return keras.Model([x, y], inner({"a": x, "b": y}))


def several_outputs():
    a = keras.Input((5,))
    hidden = layers.Dense(4, "relu")(a)
    inner = keras.Model(a, [layers.Dense(2)(hidden), hidden, a], name="inner")
    x = keras.Input((5,))
    first, second, third = inner(x)
    return keras.Model(x, [layers.Dense(2)(first), second, layers.Dense(1)(third)])


def dict_outputs():
    a = keras.Input((5,))
    inner = keras.Model(a, {"z": layers.Dense(2)(a), "b": layers.Dense(3)(a)}, name="inner")
    x = keras.Input((5,))
    found = inner(x)
    return keras.Model(x, {"one": layers.Dense(2)(found["z"]), "two": found["b"]})


def output_is_the_inner_one():
    x = keras.Input((8, 8, 3))
    return keras.Model(x, convolutions()(x))


def over_time():
    return keras.Sequential([keras.Input((4, 5)), layers.TimeDistributed(dense()), layers.LSTM(3)])


def recorded_training(training):
    def build():
        x = keras.Input((8, 8, 3))
        return keras.Model(x, convolutions()(x, training=training))

    return build


#: What is built, what goes in, and the calls of models that stay calls.
KINDS = {
    "sequential": (sequential, IMAGES, 0),
    "twice nested": (twice_nested, IMAGES, 0),
    "mask comes out": (mask_comes_out, TOKENS, 0),
    "mask goes in": (mask_goes_in, TOKENS, 0),
    "mask goes through": (mask_goes_through, TOKENS, 0),
    "mask given": (mask_given, [np.repeat(POINTS[:, :4], 6, 0).reshape(9, 6, 4), TOKENS > 2], 0),
    "two calls": (several_calls(2), [POINTS, POINTS[::-1].copy()], 0),
    "many calls": (several_calls(MOST_CALLS + 2), [POINTS * n for n in range(MOST_CALLS + 2)], 2),
    "called on itself": (called_on_itself, POINTS, 0),
    "several inputs": (several_inputs, [POINTS, POINTS + 1], 0),
    "a dict of inputs": (dict_inputs, [POINTS, POINTS + 1], 0),
    "several outputs": (several_outputs, POINTS, 0),
    "a dict of outputs": (dict_outputs, POINTS, 0),
    "the inner output": (output_is_the_inner_one, IMAGES, 0),
    "over time": (over_time, RNG.normal(size=(9, 4, 5)).astype(np.float32), 0),
    "recorded training=True": (recorded_training(True), IMAGES, 0),
    "recorded training=False": (recorded_training(False), IMAGES, 0),
}


def leaves(nest):
    return [np.asarray(leaf) for leaf in keras.tree.flatten(nest)]


@pytest.mark.filterwarnings("ignore:Layer 'inner'.*does not support masking")  # the mask travels all the same
@pytest.mark.parametrize("kind", KINDS)
def test_a_model_inside_a_model(kind):
    build, x, calls = KINDS[kind]
    keras.backend.clear_session()
    model = build()
    randomize(model, np.random.default_rng(1))
    ours = reopen(model)
    expected = leaves(model.predict(x, verbose=0))
    assert_close(leaves(ours.forward(x, training=False)), expected, TOLERANCE["float32"])
    for options in ({}, {"threads": 1}, {"batch_size": 2, "threads": 3}, {"batch_size": 1}):
        assert_close(leaves(ours.predict(x, **options)), expected, TOLERANCE["float32"])
    plan = ours.engine().plan
    assert sum(isinstance(node.layer, Network) for stage in plan.stages for node in stage.nodes) == calls
    assert any(stage.kernel for stage in plan.stages) or calls or kind in {"a dict of inputs"}


def test_new_weights_inside_are_seen():
    ours = reopen(sequential())
    before = ours.predict(IMAGES)
    kernel = ours.get_layer("inner").layers[0]
    assert "kernel" in kernel.parameters
    kernel.assign("kernel", kernel.parameters["kernel"] * 2 + 1)
    after = ours.predict(IMAGES)
    assert np.abs(after - before).max() > 1e-3
    assert_close(after, ours.forward(IMAGES), TOLERANCE["float32"])


def test_the_fast_form_is_as_short_as_that_of_a_flat_model():
    inner = convolutions()
    flat = keras.Sequential([keras.Input((8, 8, 3)), *inner.layers, layers.Flatten(), layers.Dense(3, "softmax")])
    nested = keras.Sequential([keras.Input((8, 8, 3)), inner, layers.Flatten(), layers.Dense(3, "softmax")])
    plans = [reopen(model).engine().plan for model in (flat, nested)]
    steps = [[type(stage.kernel) for stage in plan.stages] for plan in plans]
    assert steps[0] == steps[1]


def test_a_model_inside_predicts_by_itself():
    ours = reopen(sequential())
    inner = ours.get_layer("inner")
    ours.predict(IMAGES)
    assert_close(inner.predict(IMAGES), inner.forward(IMAGES), TOLERANCE["float32"])
