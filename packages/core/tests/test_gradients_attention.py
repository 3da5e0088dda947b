"""The way back through attention, against TensorFlow's gradients and central differences: masks, scores, groups, axes."""

import keras
import numpy as np
import pytest
from slopes import check_gradients, check_slopes
from twin import twin

LAYERS = keras.layers
QUERY, VALUE, KEY = (3, 4, 6), (3, 5, 4), (3, 5, 6)
QUERY_MASK = np.array([[True, True, False, True], [False, True, True, False], [True] * 4])
VALUE_MASK = np.array([[True, True, False, True, False], [True, False, False, True, True], [False] * 5])
SEEN = np.random.default_rng(9).random((3, 4, 5)) > 0.4  # (batch, queries, values)
SEEN[1, 2] = False  # a query that may look at nothing

PLAIN = [
    (LAYERS.Attention, {}),
    (LAYERS.Attention, {"use_scale": True}),
    (LAYERS.Attention, {"score_mode": "concat"}),
    (LAYERS.Attention, {"score_mode": "concat", "use_scale": True}),
    (LAYERS.AdditiveAttention, {}),
    (LAYERS.AdditiveAttention, {"use_scale": False}),
]
#: Where nothing may be looked at, 1e9 is taken from every score, which leaves too few digits for a central difference.
SOME_MASK = VALUE_MASK | np.array([[False], [False], [True]])
CALLS = [
    {},
    {"use_causal_mask": True},
    {"mask": [QUERY_MASK, SOME_MASK]},
    {"mask": [None, SOME_MASK], "use_causal_mask": True},
    {"mask": [QUERY_MASK, None], "return_attention_scores": True},
]
HEADED = [
    (LAYERS.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}),
    (LAYERS.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "value_dim": 5, "output_shape": 7, "use_bias": False}),
    (LAYERS.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "use_gate": True}),
    (LAYERS.MultiHeadAttention, {"num_heads": 1, "key_dim": 3, "sliding_window": 2}),
    (LAYERS.GroupQueryAttention, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
    (LAYERS.GroupQueryAttention, {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1, "use_gate": True}),
]
HEADED_CALLS = [
    {},
    {"use_causal_mask": True},
    {"attention_mask": SEEN},
    {"attention_mask": SEEN, "return_attention_scores": True},
    {"query_mask": QUERY_MASK, "value_mask": VALUE_MASK},
    {"query_mask": QUERY_MASK, "value_mask": VALUE_MASK, "key_mask": VALUE_MASK[::-1], "use_causal_mask": True},
]
ALONG = [
    ({}, (2, 3, 2, 4), (2, 3, 2, 4)),
    ({"attention_axes": (2,)}, (2, 3, 2, 4), (2, 3, 5, 4)),
    ({"attention_axes": (1,)}, (2, 3, 2, 4), (2, 4, 2, 4)),
    ({"attention_axes": (1, 2)}, (2, 3, 2, 4), (2, 2, 4, 4)),
]


def data(*shapes):
    rng = np.random.default_rng(3)
    return [rng.normal(size=shape) for shape in shapes]


def what(value):
    return str(sorted(value)) if isinstance(value, dict) else f"{value[0].__name__}-{value[1]}"


def check_called(layer, inputs, **call):
    """Call a layer on several tensors, which only a graph does; the masks are inputs of it."""
    masks = {name: value for name, value in call.items() if isinstance(value, np.ndarray)}
    tensors = [keras.Input(x.shape[1:], dtype="float64") for x in inputs]
    given = {name: keras.Input(value.shape[1:], dtype="bool") for name, value in masks.items()}
    graph = keras.Model([*tensors, *given.values()], layer(*tensors, **(call | given)))
    check_gradients(graph, [*inputs, *masks.values()])


@pytest.mark.parametrize("keyed", [False, True], ids=["value", "key"])
@pytest.mark.parametrize("call", CALLS, ids=what)
@pytest.mark.parametrize("row", PLAIN, ids=what)
def test_gradients_of_attention(row, call, keyed):
    layer, options = row
    shapes = (QUERY, VALUE, KEY) if keyed else (QUERY, KEY)
    check_gradients(layer(**options, dtype="float64"), data(*shapes), **call)


@pytest.mark.parametrize("keyed", [False, True], ids=["value", "key"])
@pytest.mark.parametrize("call", HEADED_CALLS, ids=what)
@pytest.mark.parametrize("row", HEADED, ids=what)
def test_gradients_of_heads(row, call, keyed):
    layer, options = row
    if "key_mask" in call and not keyed:
        pytest.skip("Keras leaves the mask of a key that is the value out of account")
    if layer is LAYERS.MultiHeadAttention:
        call = {
            name: given for name, given in call.items() if name != "query_mask"
        }  # Keras takes only one that travels
    value = KEY if layer is LAYERS.GroupQueryAttention else VALUE
    check_called(layer(**options, dtype="float64"), data(*((QUERY, value, KEY) if keyed else (QUERY, value))), **call)


def test_gradients_of_a_sequence_that_looks_at_itself():
    x = keras.Input(QUERY[1:], dtype="float64")
    layer = LAYERS.MultiHeadAttention(num_heads=2, key_dim=3, dtype="float64")
    check_gradients(keras.Model(x, layer(x, x, use_causal_mask=True)), data(QUERY)[0])


@pytest.mark.parametrize("row", ALONG, ids=lambda row: str(row[0]))
def test_gradients_along_axes(row):
    options, *shapes = row
    check_called(LAYERS.MultiHeadAttention(2, 3, **options, dtype="float64"), data(*shapes))


def test_gradients_along_axes_with_a_mask_and_shares():
    seen = np.random.default_rng(9).random((2, 2, 2, 5)) > 0.3
    layer = LAYERS.MultiHeadAttention(2, 3, attention_axes=(2,), dtype="float64")
    shapes = (2, 3, 2, 4), (2, 3, 5, 4)
    check_called(layer, data(*shapes), attention_mask=seen[:, 0], return_attention_scores=True)


DRAWN = [
    (LAYERS.Attention, {"mask": [QUERY_MASK, SOME_MASK]}),
    (LAYERS.AdditiveAttention, {"return_attention_scores": True}),
]


@pytest.mark.parametrize("row", DRAWN, ids=what)
def test_gradients_through_forgotten_shares(row):
    """TensorFlow draws other numbers, so the slope of our own function must do."""
    layer, call = row
    ours = twin(layer(dropout=0.3, dtype="float64"), [QUERY, KEY])
    dy = data(QUERY, (3, 4, 5)) if "return_attention_scores" in call else data(QUERY)[0]
    check_slopes(ours, data(QUERY, KEY), dy, rng=lambda: np.random.default_rng(11), **call)


@pytest.mark.parametrize("seen", [None, SEEN], ids=["all", "mask"])
@pytest.mark.parametrize("row", [HEADED[0], HEADED[2], HEADED[4]], ids=what)
def test_gradients_through_forgotten_shares_of_heads(row, seen):
    layer, options = row
    tensors = [keras.Input(shape[1:], dtype="float64") for shape in (QUERY, KEY)]
    made = layer(**options, dropout=0.3, dtype="float64")(*tensors, attention_mask=seen)
    ours = twin(keras.Model(tensors, made), [QUERY, KEY])
    check_slopes(ours, data(QUERY, KEY), data((3, *made.shape[1:]))[0], rng=lambda: np.random.default_rng(11))
