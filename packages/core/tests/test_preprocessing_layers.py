"""Category encoding and discretization against Keras: every mode, through a file, whole and row by row."""

import keras
import numpy as np
import pytest
from parity import check_model

import core

LAYERS = keras.layers
IDS = np.array([[0, 3, 3], [2, 2, 2], [1, 9, 0]])
BINS = [-0.5, 0.1, 0.3, 2.0]


@pytest.mark.parametrize("mode", ["multi_hot", "count", "one_hot"])
@pytest.mark.parametrize("columns", [3, 1])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_category_encoding(mode, columns, dtype):
    layer = LAYERS.CategoryEncoding(5, output_mode=mode, dtype=dtype)
    model = keras.Sequential([keras.Input((columns,), dtype="int64"), layer])
    opened = check_model(model, IDS[:, :columns])
    assert opened.shapes[core.graph.nodes.Ref(1)] == model.output_shape


def test_counts_may_weigh():
    ids, weights = keras.Input((3,), dtype="int64"), keras.Input((3,))
    model = keras.Model([ids, weights], LAYERS.CategoryEncoding(4, output_mode="count")(ids, count_weights=weights))
    check_model(model, [IDS, np.random.default_rng(0).normal(size=IDS.shape).astype(np.float32)])


@pytest.mark.parametrize("mode", ["int", "multi_hot", "count", "one_hot"])
@pytest.mark.parametrize("adapted", [True, False])
def test_discretization(mode, adapted):
    rng = np.random.default_rng(3)
    layer = LAYERS.Discretization(**({"num_bins": 5} if adapted else {"bin_boundaries": BINS}), output_mode=mode)
    if adapted:
        layer.adapt(rng.normal(size=(200, 1)))
    x = rng.normal(size=(4, 3)).astype(np.float32)
    x[0] = layer.bin_boundaries[:3]
    model = keras.Sequential([keras.Input((3,)), layer])
    opened = check_model(model, x)
    assert opened.shapes[core.graph.nodes.Ref(1)] == model.output_shape


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        ("CategoryEncoding", {"num_tokens": 0}, "num_tokens"),
        ("CategoryEncoding", {"num_tokens": 3, "sparse": True}, "sparse"),
        ("CategoryEncoding", {"num_tokens": 3, "output_mode": "int"}, "output_mode"),
        ("Discretization", {"num_bins": 3}, "was not adapted"),
        ("Discretization", {"bin_boundaries": [1.0, 0.0]}, "must rise"),
        ("Discretization", {"bin_boundaries": ["a"]}, "finite number"),
    ],
)
def test_wrong_options_are_refused(layer, options, message):
    with pytest.raises(core.UnsupportedLayerError, match=message):
        core.layers.LAYERS[layer].from_config(options)


def test_wrong_ids_are_refused():
    layer = core.layers.LAYERS["CategoryEncoding"](4)
    with pytest.raises(core.InputError, match="from 0 on, got -1"):
        layer.forward(np.array([[0, -1]]))
    with pytest.raises(core.InputError, match="one or two axes"):
        layer.forward(np.zeros((2, 2, 2), np.int64))
    with pytest.raises(core.InputError, match="count_weights need"):
        layer.forward(np.array([[0, 1]]), count_weights=np.ones((1, 2)))
