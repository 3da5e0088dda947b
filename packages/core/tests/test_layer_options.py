"""Options and inputs that cannot be are refused by layers of core."""

import numpy as np
import pytest

import core
from core.layers import LAYERS
from core.layers.registry import build_layer

#: For an input of shape (None, 3, 6): a class, its options.
IMPOSSIBLE = [
    ("EinsumDense", {"equation": "ab,bc", "output_shape": 3}),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": [None, 3, 4]}),
    ("EinsumDense", {"equation": "ab,bc->ad", "output_shape": 3}),
    ("EinsumDense", {"equation": "aab,bc->ac", "output_shape": 3}),
    ("EinsumDense", {"equation": "...ab,bc->ac...", "output_shape": 3}),
    ("EinsumDense", {"equation": "ab,bc->ac", "output_shape": 3, "bias_axes": "z"}),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [9, 3]}),
    ("MultiHeadAttention", {"num_heads": 0, "key_dim": 2}),
    ("MultiHeadAttention", {"num_heads": 2}),
    ("GroupQueryAttention", {"head_dim": 2, "num_query_heads": 3, "num_key_value_heads": 2}),
    ("Attention", {"score_mode": "cosine"}),
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


@pytest.mark.parametrize(("class_name", "config"), IMPOSSIBLE, ids=str)
def test_options_that_do_not_fit_the_input(class_name, config):
    layer = {"class_name": class_name, "config": {"trainable": True} | config}
    line = {"name": "s", "build_input_shape": [None, 3, 6], "layers": [layer]}
    with pytest.raises(core.UnsupportedLayerError):
        build_layer({"class_name": "Sequential", "config": line}).build((None, 3, 6))


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        ("CategoryEncoding", {"num_tokens": 0}, "num_tokens"),
        ("CategoryEncoding", {"num_tokens": 3, "sparse": True}, "sparse"),
        ("CategoryEncoding", {"num_tokens": 3, "output_mode": "int"}, "output_mode"),
        ("Discretization", {"num_bins": 3}, "was not adapted"),
        ("Discretization", {"bin_boundaries": [1.0, 0.0]}, "must rise"),
        ("Discretization", {"bin_boundaries": ["a"]}, "finite number"),
        ("Pipeline", {"layers": None}, "Pipeline must list its layers"),
        ("Pipeline", {"layers": [3]}, "Pipeline must list its layers"),
        ("Pipeline", {"layers": "Dense"}, "Pipeline must list its layers"),
    ],
)
def test_options_are_refused_by_name(layer, options, message):
    with pytest.raises(core.UnsupportedLayerError, match=message):
        LAYERS[layer].from_config(options)


def test_ids_are_refused():
    layer = LAYERS["CategoryEncoding"](4)
    with pytest.raises(core.InputError, match="from 0 on, got -1"):
        layer.forward(np.array([[0, -1]]))
    with pytest.raises(core.InputError, match="one or two axes"):
        layer.forward(np.zeros((2, 2, 2), np.int64))
    with pytest.raises(core.InputError, match="count_weights need"):
        layer.forward(np.array([[0, 1]]), count_weights=np.ones((1, 2)))
