"""Rows of attention: with masks that are given, masks that travel with the tensors, scores, groups of heads, axes."""

from itertools import product

import keras
import numpy as np
from mask_zeros import MaskZeros
from rows import Row, inside

LAYERS = keras.layers
QUERY, VALUE, KEY = (3, 4, 6), (3, 5, 4), (3, 5, 6)
QUERY_MASK = np.array([[True, True, False, True], [False, True, True, False], [True] * 4])
VALUE_MASK = np.array([[True, True, False, True, False], [True, False, False, True, True], [False] * 5])
#: Where nothing may be looked at, 1e9 is taken from every score, which leaves too few digits for a central difference.
SOME_MASK = VALUE_MASK | np.array([[False], [False], [True]])
SEEN = np.random.default_rng(9).random((3, 4, 5)) > 0.4  # (batch, queries, values)
SEEN[1, 2] = False  # a query that may look at nothing
SCORES = {"return_attention_scores": True}
CAUSAL = {"use_causal_mask": True}
DRAWN = {"GradientTape": "TensorFlow draws other numbers"}

ONE_HEAD = [
    Row(layer, options, inputs, call)
    for (layer, options), inputs, call in product(
        [
            (LAYERS.Attention, {}),
            (LAYERS.Attention, {"use_scale": True}),
            (LAYERS.Attention, {"score_mode": "concat"}),
            (LAYERS.Attention, {"score_mode": "concat", "use_scale": True}),
            (LAYERS.AdditiveAttention, {}),
            (LAYERS.AdditiveAttention, {"use_scale": False}),
        ],
        ([QUERY, VALUE, KEY], [QUERY, KEY]),
        (
            {},
            CAUSAL,
            {"mask": [QUERY_MASK, SOME_MASK]},
            {"mask": [None, SOME_MASK], **CAUSAL},
            {"mask": [QUERY_MASK, None], **SCORES},
        ),
    )
]

HEADS = [
    Row(layer, options, inputs, call)
    for (layer, options), keyed, call in product(
        [
            (LAYERS.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}),
            (
                LAYERS.MultiHeadAttention,
                {"num_heads": 2, "key_dim": 3, "value_dim": 5, "output_shape": 7, "use_bias": False},
            ),
            (LAYERS.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "use_gate": True}),
            (LAYERS.MultiHeadAttention, {"num_heads": 1, "key_dim": 3, "sliding_window": 2}),
            (LAYERS.GroupQueryAttention, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
            (
                LAYERS.GroupQueryAttention,
                {"head_dim": 3, "num_query_heads": 2, "num_key_value_heads": 1, "use_gate": True},
            ),
        ],
        (False, True),
        (
            {},
            CAUSAL,
            {"attention_mask": SEEN},
            {"attention_mask": SEEN, **SCORES},
            {"value_mask": VALUE_MASK},
            {"value_mask": VALUE_MASK, "key_mask": VALUE_MASK[::-1], **CAUSAL},
        ),
    )
    # Keras leaves the mask of a key that is the value out of account.
    if keyed or "key_mask" not in call
    for value in (VALUE if layer is LAYERS.MultiHeadAttention else KEY,)
    for inputs in ((QUERY, value, KEY) if keyed else (QUERY, value),)
]

#: Queries, values and keys in which some steps are zeros, so that masks travel with them.
PADDED = [np.random.default_rng(0).normal(size=shape) for shape in ((3, 4, 5), (3, 6, 5), (3, 6, 5))]
PADDED[0][1, 2:] = PADDED[1][0, 3:] = PADDED[1][2, 1:4] = PADDED[2][0, 4:] = 0
HEADED = {"num_heads": 2, "key_dim": 3}
GROUPED = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
MASKED = [
    Row(layer, options, inputs, call, before=[inside(MaskZeros)], without=DRAWN if options.get("dropout") else {})
    for layer, options, keyed, call in [
        (LAYERS.Attention, {"score_mode": "concat"}, False, {}),
        (LAYERS.Attention, {"dropout": 0.3}, False, CAUSAL),
        (LAYERS.Attention, {}, False, CAUSAL),
        (LAYERS.Attention, {"use_scale": True}, True, SCORES),
        (LAYERS.AdditiveAttention, {"use_scale": False}, False, {}),
        (LAYERS.AdditiveAttention, {}, False, SCORES | CAUSAL),
        (LAYERS.AdditiveAttention, {"dropout": 0.3}, False, SCORES),
        (LAYERS.MultiHeadAttention, {"num_heads": 1, "key_dim": 3, "use_bias": False}, False, {}),
        (LAYERS.MultiHeadAttention, HEADED | {"dropout": 0.2}, False, {}),
        (LAYERS.MultiHeadAttention, HEADED | {"dropout": 0.1}, False, CAUSAL),
        (LAYERS.MultiHeadAttention, HEADED | {"sliding_window": 2}, True, {}),
        (LAYERS.MultiHeadAttention, HEADED, False, SCORES),
        (LAYERS.MultiHeadAttention, HEADED | {"value_dim": 4, "output_shape": 7}, True, {}),
        (LAYERS.MultiHeadAttention, HEADED | {"output_shape": (2, 3)}, False, {}),
        (LAYERS.GroupQueryAttention, GROUPED | {"num_key_value_heads": 1, "use_gate": True}, False, {}),
        (LAYERS.GroupQueryAttention, GROUPED | {"num_query_heads": 2, "use_bias": False}, True, {}),
        (LAYERS.GroupQueryAttention, GROUPED | {"dropout": 0.1}, False, {}),
        (LAYERS.GroupQueryAttention, GROUPED | {"sliding_window": 3}, False, SCORES | CAUSAL),
    ]
    for given in (PADDED if keyed else PADDED[:2],)
    for inputs in (given if layer in (LAYERS.Attention, LAYERS.AdditiveAttention) else tuple(given),)
]

DROPPED = [
    Row(layer, options | {"dropout": 0.3}, (QUERY, KEY), call, without=DRAWN)
    for layer, options in (
        (LAYERS.MultiHeadAttention, HEADED),
        (LAYERS.MultiHeadAttention, HEADED | {"use_gate": True}),
        (LAYERS.GroupQueryAttention, GROUPED),
    )
    for call in ({}, {"attention_mask": SEEN})
]

ALONG = [
    Row(LAYERS.MultiHeadAttention, HEADED | options, shapes, call)
    for options, shapes, call in [
        ({}, ((2, 3, 2, 4), (2, 3, 2, 4)), {}),
        ({"attention_axes": (2,)}, ((2, 3, 2, 4), (2, 3, 5, 4)), {}),
        ({"attention_axes": (1,)}, ((2, 3, 2, 4), (2, 4, 2, 4)), {}),
        ({"attention_axes": 1}, ((2, 3, 2, 4), (2, 4, 2, 4)), SCORES),
        ({"attention_axes": (1, 2)}, ((2, 3, 2, 4), (2, 2, 4, 4)), SCORES),
        (
            {"attention_axes": (2,)},
            ((2, 3, 2, 4), (2, 3, 5, 4)),
            {"attention_mask": np.random.default_rng(9).random((2, 2, 2, 5))[:, 0] > 0.3, **SCORES},
        ),
    ]
]


def looking_at_itself(**options):
    """A sequence that is query and value."""
    layer = LAYERS.MultiHeadAttention(**options)
    return lambda x, **call: layer(x, x, **call)


def transformer_block(heads):
    def block(x):
        attended = LAYERS.MultiHeadAttention(heads, 4)(x, x, use_causal_mask=True)
        first = LAYERS.LayerNormalization(epsilon=1e-6)(LAYERS.Add()([x, LAYERS.Dropout(0.1)(attended)]))
        hidden = LAYERS.Dense(8)(LAYERS.Dense(16, activation="gelu")(first))
        return LAYERS.LayerNormalization(epsilon=1e-6)(first + hidden)

    return block


WHOLE = [
    Row(looking_at_itself, HEADED, QUERY, CAUSAL),
    *(
        Row(looking_at_itself, HEADED | {"attention_axes": axes}, (2, 3, 4, 5), SCORES)
        for axes in (None, (1, 2), (2,), 1)
    ),
    *(
        Row(
            looking_at_itself, HEADED | {"dropout": rate}, (3, 4, 6), {"attention_mask": SEEN[..., :4]}, without=without
        )
        for rate, without in ((0.0, {}), (0.1, DRAWN))
    ),
    Row(transformer_block, {"heads": 2}, (3, 6, 8), without=DRAWN),
]

ROWS = [*ONE_HEAD, *HEADS, *MASKED, *DROPPED, *ALONG, *WHOLE]
