"""Rows of recurrent layers: cells, directions, what they return, masks, states, over numbers and over tokens.

The rows of a batch carry the patterns of masks, so that one call checks them all.
"""

from itertools import product

import keras
import numpy as np
from rows import Row, inside

LAYERS = keras.layers
UNITS = {"units": 4}
MASK = np.array([[step == "1" for step in row] for row in ("11100", "00111", "10101", "01100", "00000", "11111")])
MASKED = {"mask": MASK}
PADDED = {"mask": np.repeat(MASK[:1], len(MASK), axis=0)}  # its last steps count for nobody
X = (*MASK.shape, 3)
DRAWN = {"GradientTape": "TensorFlow draws other numbers"}
FORGOTTEN = {"file": "Keras keeps no implementation in its files, and sums of the other one are rounded otherwise"}
#: Kernels of a fast form: one, or none where cells differ or activations are others.
FAST, PLAIN = ["Recur"], ["Lookup", "plain"]

CELLS = [
    (LAYERS.SimpleRNN, {}),
    (LAYERS.LSTM, {}),
    (LAYERS.GRU, {}),
    (LAYERS.GRU, {"reset_after": False}),
    (LAYERS.GRU, {"use_bias": False}),
]
OTHER_CELLS = [
    (LAYERS.SimpleRNN, {"activation": "relu", "use_bias": False}),
    (LAYERS.LSTM, {"activation": "elu", "recurrent_activation": "hard_sigmoid", "use_bias": False}),
    (LAYERS.GRU, {"reset_after": False, "use_bias": False, "recurrent_activation": "hard_sigmoid"}),
]
LOOPS = [
    {"return_sequences": sequences, "go_backwards": backwards, "zero_output_for_mask": zero}
    for sequences, backwards, zero in product((False, True), repeat=3)
]

ONE_DIRECTION = [
    *(
        Row(cell, UNITS | options | loop, X, MASKED)
        for (cell, options), loop in [*product(CELLS, LOOPS), *product(OTHER_CELLS, LOOPS[::3])]
    ),
    *(
        Row(cell, UNITS | options | loop, X, call)
        for (cell, options), loop, call in product(
            CELLS, ({}, {"return_sequences": True, "return_state": True}), ({}, PADDED)
        )
    ),
    *(Row(cell, UNITS | options | {"return_state": True}, X, MASKED) for cell, options in [*CELLS, *OTHER_CELLS]),
    *(
        Row(cell, UNITS | options, X, MASKED, without=without)
        for cell, options, without in [
            (LAYERS.SimpleRNN, {"unroll": True, "zero_output_for_mask": True}, {}),
            (LAYERS.LSTM, {"use_bias": False, "activation": "relu", "recurrent_activation": "hard_sigmoid"}, {}),
            (LAYERS.LSTM, {"activation": None, "unit_forget_bias": False, "implementation": 1}, FORGOTTEN),
            (LAYERS.LSTM, {"unroll": True, "go_backwards": True, "return_sequences": True}, {}),
            (LAYERS.LSTM, {"dropout": 0.3, "recurrent_dropout": 0.2, "return_sequences": True}, DRAWN),
            (LAYERS.GRU, {"use_bias": False, "activation": "elu", "recurrent_activation": "hard_sigmoid"}, {}),
            (LAYERS.GRU, {"reset_after": False, "use_bias": False, "implementation": 1}, FORGOTTEN),
            (LAYERS.GRU, {"unroll": True, "dropout": 0.1}, DRAWN),
        ]
    ),
    *(
        Row(cell, UNITS | options | dropout, X, MASKED, without=DRAWN)
        for (cell, options), dropout in product(
            CELLS[:4],
            (
                {"dropout": 0.4, "recurrent_dropout": 0.0},
                {"recurrent_dropout": 0.4, "dropout": 0.0},
                {"dropout": 0.4, "recurrent_dropout": 0.3},
            ),
        )
    ),
]

STATES = [np.random.default_rng(5 + index).normal(size=(len(MASK), 4)) for index in range(4)]
GIVEN = [
    Row(
        layer,
        options,
        X,
        call | {"initial_state": STATES[: count * (1 if layer is cell else 2)]},
        within={"float16": (3e-3, "every step rounds the state to halves")},
    )
    for (cell, count), sequences, call in product(
        ((LAYERS.SimpleRNN, 1), (LAYERS.LSTM, 2), (LAYERS.GRU, 1)), (False, True), (MASKED, {})
    )
    for loop in ({"return_sequences": sequences, "return_state": True},)
    for layer, options in (
        (cell, UNITS | loop),
        (LAYERS.Bidirectional, {"layer": inside(cell, **UNITS, **loop)}),
        (LAYERS.Bidirectional, {"layer": inside(cell, **UNITS, **loop), "merge_mode": None}),
    )
]

OTHER_BACKWARD = [
    (inside(LAYERS.LSTM, 4, return_sequences=True), inside(LAYERS.GRU, 4, return_sequences=True, go_backwards=True)),
    (inside(LAYERS.GRU, 4, return_sequences=True, go_backwards=True), inside(LAYERS.LSTM, 4, return_sequences=True)),
]
BOTH_DIRECTIONS = [
    *(
        Row(
            LAYERS.Bidirectional,
            {"layer": inside(cell, **UNITS, **options, return_sequences=sequences), "merge_mode": merge_mode},
            X,
            MASKED,
        )
        for (cell, options), sequences, merge_mode in product(
            CELLS, (False, True), ("concat", "sum", "mul", "ave", None)
        )
    ),
    *(
        Row(LAYERS.Bidirectional, {"layer": inside(LAYERS.LSTM, 4, return_sequences=sequences)}, X, call)
        for sequences, call in product((False, True), ({}, PADDED))
    ),
    *(
        Row(LAYERS.Bidirectional, {"layer": one, "backward_layer": other, "merge_mode": mode}, X, MASKED)
        for (one, other), mode in product(OTHER_BACKWARD, ("concat", "sum"))
    ),
]

CELLS_IN_A_STACK = [inside(LAYERS.LSTMCell, 4), inside(LAYERS.LSTMCell, 2), inside(LAYERS.GRUCell, 3)]
STACKS = [
    Row(LAYERS.RNN, {"cell": cell, "return_sequences": sequences} | loop, X, call)
    for sequences, call in product((False, True), ({}, MASKED))
    for cell, loop in (
        (inside(LAYERS.StackedRNNCells, CELLS_IN_A_STACK), {"return_state": True}),
        ([*CELLS_IN_A_STACK, inside(LAYERS.SimpleRNNCell, 2)], {}),
        (inside(LAYERS.SimpleRNNCell, 4), {"go_backwards": True}),
    )
]


#: Token ids whose rows end at different positions, with zeros elsewhere too; one row is all zeros.
LENGTH, WORDS = 13, 20
TOKENS = np.random.default_rng(5).integers(1, WORDS, (9, LENGTH))
TOKENS[np.arange(LENGTH) >= np.random.default_rng(6).integers(1, LENGTH + 1, (9, 1))] = 0
ENDING = TOKENS.copy()
TOKENS[np.random.default_rng(7).random(TOKENS.shape) < 0.2] = 0
TOKENS[2] = 0


def embedding(mask_zero):
    return [inside(LAYERS.Embedding, WORDS, 6, mask_zero=mask_zero)]


def largest_over_time():
    """In a Functional model Keras writes the mask as an operation of its own."""
    layer = LAYERS.Bidirectional(LAYERS.LSTM(4, return_sequences=True))
    return lambda x: LAYERS.Dense(3)(keras.ops.max(layer(x), axis=1))


OVER_NUMBERS = dict.fromkeys(("float64", "float16", "file", "differences"), "the rows over numbers show it")
BACKWARD = inside(LAYERS.GRU, 3, go_backwards=True)
MIXED = dict.fromkeys(
    ("float32", "GradientTape"), "Keras gives the type of the outer layer, Kaca that of the inner one"
)
OVER_TOKENS = [
    Row(layer, options, ids, before=embedding(mask_zero), without=OVER_NUMBERS | without, kernels=kernels)
    for layer, options, ids, mask_zero, without, kernels in [
        *(
            (cell, {"units": 5} | options | loop, TOKENS, mask_zero, {}, FAST)
            for (cell, options), (loop, mask_zero) in product(
                CELLS, [*((loop, True) for loop in LOOPS), *((loop, False) for loop in LOOPS[::2])]
            )
        ),
        *(
            (LAYERS.Bidirectional, {"layer": inside(cell, 5, **options | loop)} | mode, TOKENS, mask_zero, {}, FAST)
            for (cell, options), loop, (mode, mask_zero) in product(
                CELLS,
                ({}, {"return_sequences": True}),
                [({}, False), *(({"merge_mode": mode}, True) for mode in ("concat", "sum", "mul", "ave"))],
            )
        ),
        *(
            (layer, options, TOKENS, True, without, kernels)
            for layer, options, without, kernels in (
                (LAYERS.LSTM, {"units": 3, "activation": "relu"}, {}, PLAIN),
                (LAYERS.GRU, {"units": 3, "recurrent_activation": "hard_sigmoid"}, {}, PLAIN),
                (LAYERS.SimpleRNN, {"units": 3, "activation": "relu"}, {}, PLAIN),
                (LAYERS.LSTM, {"units": 3, "dtype": "float64"}, {}, PLAIN),
                (LAYERS.Bidirectional, {"layer": inside(LAYERS.LSTM, 3, dtype="float64")}, MIXED, PLAIN),
                (LAYERS.RNN, {"cell": [inside(LAYERS.LSTMCell, 3), inside(LAYERS.GRUCell, 2)]}, {}, PLAIN),
                (LAYERS.Bidirectional, {"layer": inside(LAYERS.LSTM, 3), "backward_layer": BACKWARD}, {}, PLAIN),
            )
        ),
        (largest_over_time, {}, TOKENS, True, {}, None),
    ]
]
ONE_ABOVE_ANOTHER = [
    Row(
        LAYERS.Dense,
        {"units": 3},
        ids,
        before=[
            *embedding(True),
            inside(LAYERS.SpatialDropout1D, 0.2),
            inside(LAYERS.Bidirectional, inside(cell, 5, return_sequences=True, **options)),
            inside(LAYERS.Dropout, 0.3),
            inside(cell, 5, return_sequences=True, **options),
            inside(cell, 5, **options),
        ],
        without=OVER_NUMBERS | DRAWN,
        kernels=[*FAST * 3, "Multiply"],
    )
    for (cell, options), ids in product(CELLS, (TOKENS, ENDING))
]  # fmt: skip

ROWS = [*ONE_DIRECTION, *GIVEN, *BOTH_DIRECTIONS, *STACKS, *OVER_TOKENS, *ONE_ABOVE_ANOTHER]
