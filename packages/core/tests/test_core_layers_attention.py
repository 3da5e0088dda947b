"""EinsumDense and the attention layers against Keras: options, masks, causal masks, scores."""

import keras
import numpy as np
import pytest
from padded import Padded
from parity import check_layer, check_model, randomise, reopen

import core

layers = keras.layers
GROUPED = layers.GroupQueryAttention
ATTENTIONS = (layers.Attention, layers.AdditiveAttention)

EINSUM = [
    ({"equation": "ab,bc->ac", "output_shape": 5}, (4, 3)),
    ({"equation": "abc,cd->abd", "output_shape": (None, 5), "bias_axes": "d", "activation": "relu"}, (4, 2, 3)),
    ({"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "de"}, (4, 2, 3)),
    ({"equation": "abc,cde->abde", "output_shape": (None, 2, 5), "bias_axes": "d"}, (4, 6, 3)),
    ({"equation": "...x,xy->...y", "output_shape": 5, "bias_axes": "y"}, (4, 2, 6, 3)),
    ({"equation": "...x,xy->...y", "output_shape": 5}, (4, 3)),
    ({"equation": "ab...,bc->ac...", "output_shape": (5,), "bias_axes": "c"}, (4, 3, 2, 6)),
    ({"equation": "abcd,cde->abe", "output_shape": (None, 5), "bias_axes": "e"}, (4, 2, 3, 6)),
    ({"equation": "abc,dc->adb", "output_shape": (5, 2)}, (4, 2, 3)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", EINSUM, ids=lambda row: f"{row[0]['equation']}-{row[0].get('bias_axes')}")
def test_einsum_dense_equals_keras(row, dtype):
    check_layer(layers.EinsumDense, row[0], row[1], dtype=dtype)


def test_a_bias_stays_on_its_own_axis():
    """TensorFlow's backend of Keras adds a (2, 1) bias along axis 1 where that has two entries as well; einsum says axis 2."""
    model = keras.Sequential(
        [keras.Input((2, 3)), layers.EinsumDense("abc,cde->abde", output_shape=(None, 2, 5), bias_axes="d")]
    )
    rng = np.random.default_rng(0)
    randomise(model, rng)
    kernel, bias = model.get_weights()
    x = rng.normal(size=(4, 2, 3)).astype(np.float32)
    expected = np.einsum("abc,cde->abde", x, kernel) + bias
    np.testing.assert_allclose(reopen(model).forward(x), expected, rtol=0, atol=1e-6)
    assert np.abs(np.asarray(model(x)) - expected).max() > 0.1  # once Keras is right, this test goes


def sequences(rng, dtype, masked):
    """Queries (3, 4, 5), values (3, 6, 5) and keys (3, 6, 5); where `masked`, some steps are zeros."""
    data = [rng.normal(size=shape).astype(dtype) for shape in ((3, 4, 5), (3, 6, 5), (3, 6, 5))]
    if masked:
        data[0][1, 2:], data[1][0, 3:], data[1][2, 1:4], data[2][0, 4:] = 0, 0, 0, 0
    return data


def check_sequences(layer, *, as_list, dtype="float32", masked=False, keyed=False, **call):
    rng = np.random.default_rng(0)
    data = sequences(rng, dtype, masked)[: 3 if keyed else 2]
    inputs = [keras.Input((None, 5), dtype=dtype) for _ in data]
    tensors = [Padded(dtype=dtype)(tensor) for tensor in inputs] if masked else inputs
    outputs = layer(tensors, **call) if as_list else layer(*tensors, **call)
    model = keras.Model(inputs, list(outputs) if isinstance(outputs, list | tuple) else outputs)
    randomise(model, rng)
    return check_model(model, data, rows=False)


DOT = [
    (layers.Attention, {}, {}),
    (layers.Attention, {"use_scale": True}, {"keyed": True}),
    (layers.Attention, {"use_scale": True, "score_mode": "concat"}, {}),
    (layers.Attention, {"score_mode": "concat"}, {"masked": True}),
    (layers.Attention, {"dropout": 0.3}, {"use_causal_mask": True}),
    (layers.Attention, {}, {"masked": True, "use_causal_mask": True}),
    (layers.Attention, {"use_scale": True}, {"masked": True, "keyed": True, "return_attention_scores": True}),
    (layers.AdditiveAttention, {}, {}),
    (layers.AdditiveAttention, {"use_scale": False}, {"masked": True}),
    (layers.AdditiveAttention, {}, {"masked": True, "return_attention_scores": True, "use_causal_mask": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}, {}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "value_dim": 4, "output_shape": 7}, {"keyed": True}),
    (layers.MultiHeadAttention, {"num_heads": 1, "key_dim": 3, "use_bias": False}, {"masked": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "dropout": 0.2}, {"masked": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "use_gate": True}, {"use_causal_mask": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "sliding_window": 2}, {"masked": True, "keyed": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}, {"return_attention_scores": True, "masked": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "dropout": 0.1}, {"use_causal_mask": True}),
    (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "output_shape": (2, 3)}, {}),
    (GROUPED, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}, {}),
    (GROUPED, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 1, "use_gate": True}, {"masked": True}),
    (GROUPED, {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 2, "use_bias": False}, {"keyed": True}),
    (GROUPED, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, "dropout": 0.1}, {"masked": True}),
    (
        GROUPED,
        {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2, "sliding_window": 3},
        {"return_attention_scores": True, "use_causal_mask": True},
    ),
]  # fmt: skip


# Keras' grouped attention hands its masks on to its projections, which say that they drop them.
@pytest.mark.filterwarnings("ignore:.*was passed an input with a mask:UserWarning")
@pytest.mark.filterwarnings("ignore:Exception encountered when calling:UserWarning")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("row", DOT, ids=lambda row: f"{row[0].__name__}-{row[1]}-{row[2]}")
def test_attention_equals_keras(row, dtype):
    layer, options, call = row
    check_sequences(layer(**options, dtype=dtype), as_list=layer in ATTENTIONS, dtype=dtype, **call)


@pytest.mark.parametrize("axes", [None, (1, 2), (2,), 1])
def test_attention_over_several_axes(axes):
    x = keras.Input((3, 4, 5))
    layer = layers.MultiHeadAttention(2, 3, attention_axes=axes)
    model = keras.Model(x, list(layer(x, x, return_attention_scores=True)))
    rng = np.random.default_rng(0)
    randomise(model, rng)
    check_model(model, rng.normal(size=(2, 3, 4, 5)).astype(np.float32), rows=False)


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_attention_with_a_mask_of_its_own(dropout):
    x, mask = keras.Input((4, 5)), keras.Input((4, 4), dtype="bool")
    layer = layers.MultiHeadAttention(2, 3, dropout=dropout)
    model = keras.Model([x, mask], layer(x, x, attention_mask=mask))
    rng = np.random.default_rng(0)
    randomise(model, rng)
    visible = rng.random((3, 4, 4)) > 0.6
    visible[0, 1] = False  # a row that sees nothing
    check_model(model, [rng.normal(size=(3, 4, 5)).astype(np.float32), visible], rows=False)


def test_a_transformer_block():
    x = keras.Input((6, 8))
    attended = layers.MultiHeadAttention(2, 4)(x, x, use_causal_mask=True)
    first = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, layers.Dropout(0.1)(attended)]))
    hidden = layers.Dense(8)(layers.Dense(16, activation="gelu")(first))
    model = keras.Model(x, layers.LayerNormalization(epsilon=1e-6)(first + hidden))
    rng = np.random.default_rng(0)
    randomise(model, rng)
    opened = check_model(model, rng.normal(size=(3, 6, 8)).astype(np.float32))
    assert opened.count_parameters() == model.count_params()


def test_dropout_of_attention_weights_follows_its_generator():
    opened = check_sequences(layers.MultiHeadAttention(2, 3, dropout=0.4), as_list=False)
    data = sequences(np.random.default_rng(1), "float32", masked=False)[:2]
    first, again = (opened.forward(data, training=True, rng=np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - opened.forward(data)).max() > 0.01
    with pytest.raises(core.InputError, match="rng"):
        opened.forward(data, training=True)


BROKEN = [
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
]


@pytest.mark.parametrize("row", BROKEN, ids=str)
def test_impossible_options_are_refused(row):
    class_name, config = row
    line = {"name": "s", "build_input_shape": [None, 3, 6], "layers": [{"class_name": class_name, "config": config}]}
    with pytest.raises(core.UnsupportedLayerError):
        core.layers.registry.build_layer({"class_name": "Sequential", "config": line}).build((None, 3, 6))
