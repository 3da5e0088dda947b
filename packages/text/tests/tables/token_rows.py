"""Rows of embeddings, masks, layers over time steps, lookups, hashing and vectorization."""

import keras
import numpy as np
from rows import Row, inside

LAYERS = keras.layers
DRAWN = {"GradientTape": "TensorFlow draws other numbers"}

IDS = [
    np.array([[3, 0, 1], [8, -1, 0]]),
    np.array([[3, 0, 1], [8, 1, 0]], np.uint8),
    np.array([[3.9, 0.0, 0.5], [8.0, -0.5, -1.2]]),
    np.array([[True, False, True]]),
    np.arange(8).reshape(2, 2, 2),
    np.array([[-1, -9]]),
]
SENTENCES = np.array([[1, 2, 0, 0], [3, 4, 5, 6], [0, 0, 0, 0]])


def there_and_back(**options):
    """A table that is read both ways."""
    table, hidden = LAYERS.ReversibleEmbedding(7, 3, **options), LAYERS.LSTM(3, return_sequences=True)
    return lambda ids: table(hidden(table(ids)), reverse=True)


def holes(value):
    x = np.random.default_rng(0).normal(size=(3, 4, 2))
    x[0, 1] = x[2, 3] = x[1, 0, 0] = value
    return x


EMBEDDING = [
    *(
        Row(LAYERS.Embedding, {"input_dim": 9, "output_dim": 4, "mask_zero": mask_zero}, ids)
        for ids in IDS
        for mask_zero in (False, True)
    ),
    *(
        Row(there_and_back, {"mask_zero": mask_zero} | options, SENTENCES)
        for options in ({}, {"tie_weights": False}, {"logit_soft_cap": 0.7}, {"reverse_dtype": "float64"})
        for mask_zero in (True, False)
    ),
    Row(LAYERS.ReversibleEmbedding, {"input_dim": 7, "output_dim": 3}, SENTENCES),
    *(
        Row(LAYERS.Masking, {"mask_value": value}, holes(value), without=without)
        for value, without in ((0.0, {}), (-99.9, {}), (1, {"differences": "a step that moves is not masked any more"}))
    ),
    Row(LAYERS.SpatialDropout1D, {"rate": 0.25}, (3, 5, 4), without=DRAWN),
]


def small_network():
    return keras.Sequential(
        [keras.Input((4, 5), dtype=keras.config.dtype_policy().name), LAYERS.GRU(3), LAYERS.Dense(2)]
    )


MASK = np.array([[True, True, False], [False, True, True]])
EACH_STEP = [
    Row(LAYERS.TimeDistributed, {"layer": layer}, shape, call)
    for layer, shape, call in [
        (inside(LAYERS.Dense, 4, activation="tanh"), (2, 3, 5), {}),
        (inside(LAYERS.Dense, 4), (2, 3, 5), {"mask": MASK}),
        (inside(LAYERS.LayerNormalization), (2, 3, 5), {}),
        (inside(LAYERS.BatchNormalization), (2, 3, 5), {"mask": MASK}),
        (inside(LAYERS.LSTM, 4), (2, 3, 4, 5), {}),
        (inside(LAYERS.LSTM, 4), (2, 3, 4, 3), {"mask": np.random.default_rng(0).random((2, 3, 4)) > 0.3}),
        (inside(LAYERS.LSTM, 4, return_sequences=True), (2, 3, 3, 5), {"mask": np.stack([MASK, ~MASK, MASK], axis=1)}),
        (inside(small_network), (2, 3, 4, 5), {}),
    ]
]

WORDS = ["enak", "sekali", "tidak", "kopi", "mahal", "zebra é", "日本"]
TEXT = np.array(
    [["enak", "kopi", "?"], ["", "日本", "zebra é"], ["[UNK]", "mahal", "enak"], ["x", "y", "z"]], dtype=object
)
NUMBERS = np.array([[3, 8, -1], [0, 12, 8], [5, 5, 100], [-7, 3, 4]])
#: What comes out are whole numbers or counts, of one type whatever the policy says.
COUNTED = dict.fromkeys(
    ("float64", "float16", "GradientTape", "differences"), "lookups have types of their own and no gradient"
)
LOOKUPS = [
    *(
        Row(LAYERS.StringLookup, options | given, TEXT, adapt=adapt, without=COUNTED)
        for options in (
            {},
            {"mask_token": ""},
            {"num_oov_indices": 4},
            {"num_oov_indices": 4, "salt": [3, 9]},
            {"num_oov_indices": 3, "mask_token": "", "oov_token": "[X]"},
            {"output_mode": "one_hot"},
            {"output_mode": "multi_hot", "mask_token": ""},
            {"output_mode": "count", "num_oov_indices": 2},
            {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True},
        )
        for given, adapt in (({"vocabulary": WORDS}, None), ({}, WORDS))
    ),
    *(
        Row(
            LAYERS.StringLookup,
            {"output_mode": "tf_idf", "num_oov_indices": 2} | given,
            TEXT,
            adapt=adapt,
            without=COUNTED,
        )
        for given, adapt in (
            ({"vocabulary": WORDS, "idf_weights": np.arange(1, 8) / 8}, None),
            ({}, np.array([WORDS, WORDS[:3] * 2 + ["x"]])),
        )
    ),
    *(
        Row(LAYERS.IntegerLookup, options | given, NUMBERS, adapt=adapt, without=COUNTED)
        for options in (
            {},
            {"mask_token": 0},
            {"num_oov_indices": 3},
            {"num_oov_indices": 3, "oov_method": "farmhash"},
            {"num_oov_indices": 3, "oov_method": "farmhash", "salt": 5},
            {"output_mode": "one_hot"},
            {"output_mode": "multi_hot", "mask_token": 0},
            {"output_mode": "count", "max_tokens": 12, "pad_to_max_tokens": True, "num_oov_indices": 2},
        )
        for given, adapt in (({"vocabulary": [12, 8, 3, 5]}, None), ({}, np.array([12, 8, 3, 5])))
    ),
    Row(LAYERS.IntegerLookup, {"vocabulary": [4, 9], "invert": True}, np.array([[0, 1, 2, 3]]), without=COUNTED),
    *(
        Row(LAYERS.Hashing, options, x, without=COUNTED)
        for options in (
            {"num_bins": 7},
            {"num_bins": 7, "salt": [11, 12]},
            {"num_bins": 5, "output_mode": "multi_hot"},
            {"num_bins": 5, "output_mode": "count", "dtype": "float64"},
            {"num_bins": 5, "output_mode": "one_hot"},
        )
        for x in (NUMBERS, NUMBERS[:, :1].astype(np.int32), TEXT)
    ),
    *(
        Row(LAYERS.Hashing, options, x, without=COUNTED)
        for options in (
            {"num_bins": 9, "salt": 4, "mask_value": 8},
            {"num_bins": 9, "mask_value": 8},
            {"num_bins": 1, "mask_value": 8},
        )
        for x in (NUMBERS, NUMBERS[:, :1].astype(np.int32))
    ),
    *(
        Row(LAYERS.Hashing, options | {"mask_value": "kopi"}, TEXT, without=COUNTED)
        for options in (
            {"num_bins": 7},
            {"num_bins": 7, "salt": [11, 12]},
            {"num_bins": 5, "output_mode": "multi_hot"},
            {"num_bins": 5, "output_mode": "count", "dtype": "float64"},
            {"num_bins": 5, "output_mode": "one_hot"},
        )
    ),
    *(
        Row(
            LAYERS.HashedCrossing, {"num_bins": 11, "output_mode": mode}, [TEXT[:, :1], NUMBERS[:, :1]], without=COUNTED
        )
        for mode in ("int", "one_hot")
    ),
]

REVIEWS = np.array([["Kopi enak sekali!"], ["kopi, mahal"], [""], ["teh [UNK] kopi kopi"]], dtype=object)
VECTORIZATION = [
    Row(LAYERS.TextVectorization, options, REVIEWS, adapt=REVIEWS[:2], without=COUNTED)
    for options in (
        {"output_sequence_length": 4},
        {"max_tokens": 5, "ngrams": 2, "output_sequence_length": 3},
        {"output_mode": "tf_idf"},
    )
]

ROWS = [*EMBEDDING, *EACH_STEP, *LOOKUPS, *VECTORIZATION]
