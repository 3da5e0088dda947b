"""Functional models: shared layers, nested models, several inputs and outputs; a loop is an error."""

from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import pytest
from compare import check_model, randomize
from configs import called, entry, graph, tensor

import core
from core.layers.registry import build_layer

layers, tree = keras.layers, keras.tree


def nested_and_shared():
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    entry = keras.Input((4,))
    inner = keras.Model(entry, layers.Dense(4, activation="tanh")(layers.Dense(3)(entry)), name="inner")
    dense = layers.Dense(3, name="shared")
    return keras.Model([a, b], [dense(inner(a)), dense(inner(inner(b)))])


def nested_at_the_end():
    a = keras.Input((4,))
    entry = keras.Input((4,))
    inner = keras.Model(entry, [layers.Dense(2)(entry), layers.Dense(3)(entry)])
    return keras.Model(a, inner(layers.Dense(4)(a)))


def lines_called_again():
    """A Sequential is counted from its first call on; only outputs of a nested Functional are counted otherwise."""
    a = keras.Input((4,))
    part = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.Dense(4)])
    return keras.Model(a, part(part(layers.Dense(4)(a))))


def second_call_used_first_call_given():
    a = keras.Input((4,))
    entry = keras.Input((4,))
    inner = keras.Model(entry, layers.Dense(4, activation="tanh")(entry))
    one, two = inner(a), inner(a * 2)
    return keras.Model(a, [one, layers.Dense(2)(two)])


def both_calls_given():
    a = keras.Input((4,))
    entry = keras.Input((4,))
    inner = keras.Model(entry, layers.Dense(4, activation="tanh")(entry))
    return keras.Model(a, [inner(inner(a)), inner(a)])


def line():
    a = keras.Input((4,))
    return keras.Model(a, layers.Dense(2, activation="softmax")(layers.Dropout(0.5)(a)))


def one_in_a_list():
    a = keras.Input((4,))
    return keras.Model([a], [layers.Dense(2, activation="softmax")(a)])


def nested_with_one_output_in_a_list():
    """The parent gets a list of one tensor of the nested model, twice."""
    a, entry = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model([entry], [layers.Dense(4, activation="tanh")(entry)])
    return keras.Model([a], [layers.Dense(3)(inner(inner(a)[0])[0])])


def ending_in_a_list_of_one():
    a, entry = keras.Input((4,)), keras.Input((4,))
    inner = keras.Model([entry], [layers.Dense(4)(entry)])
    return keras.Model([a], inner([a]))


def dict_outputs():
    a = keras.Input((4,), name="x")
    hidden = layers.Dense(5)(a)
    return keras.Model({"x": a}, {"low": layers.Dense(2)(hidden), "high": layers.Dense(3)(hidden)})


@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.parametrize(
    "build",
    [
        nested_and_shared,
        nested_at_the_end,
        lines_called_again,
        second_call_used_first_call_given,
        both_calls_given,
        line,
        one_in_a_list,
        nested_with_one_output_in_a_list,
        ending_in_a_list_of_one,
    ],
)
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:The structure of `inputs`")
def test_functional_models_agree(build, suffix):
    model = build()
    rng = np.random.default_rng(2)
    randomize(model, rng)
    x = [rng.normal(size=(5, 4)).astype(np.float32) for _ in model.inputs]
    check_model(model, x if len(x) > 1 else x[0], suffix=suffix)


def test_dict_of_outputs(tmp_path):
    model = dict_outputs()
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    expected = model({"x": x})
    actual = core.load_model(tmp_path / "model.keras").forward({"x": x})
    assert set(actual) == {"low", "high"}
    for key, value in actual.items():
        np.testing.assert_allclose(value, expected[key], atol=1e-6)


@pytest.mark.parametrize(
    "outputs",
    [
        lambda y: [y],
        lambda y: {"a": y},
        lambda y: [{"a": y}],
        lambda y: [[y]],
        lambda y: {"a": [y]},
        lambda y: [[y, y]],
        lambda y: [y, [y]],
    ],
)
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
@pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file", "ignore:The structure of `inputs`")
def test_outputs_come_in_the_structure_that_keras_gives(outputs, suffix, tmp_path):
    entry = keras.Input((4,))
    model = keras.Model([entry], outputs(layers.Dense(3)(entry)))
    model.save(tmp_path / f"model{suffix}")
    opened = core.load_model(tmp_path / f"model{suffix}")
    x = np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32)
    for given in (x, [x]):
        expected, actual = model.predict(given, verbose=0), opened.forward(given)
        assert tree.map_structure(np.shape, actual) == tree.map_structure(np.shape, expected)


def test_a_loop_is_an_error():
    with pytest.raises(core.UnsupportedLayerError, match="loop"):
        build_layer(graph(called("dense", entry("Dense", units=2), tensor("dense"))))


def test_threads_share_a_model():
    model = line()
    rng = np.random.default_rng(0)
    inputs = [rng.normal(size=(50, 4)).astype(np.float32) for _ in range(40)]
    opened = check_model(model, inputs[0])
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(opened.forward, inputs))
    for x, y in zip(inputs, together, strict=True):
        np.testing.assert_array_equal(opened.forward(x), y)
