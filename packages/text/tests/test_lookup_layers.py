"""Lookups, hashing and encodings against Keras: every option, through a file, whole and row by row."""

import keras
import numpy as np
import pytest
from parity import reopen

import core
from text.layers import Hashing, IntegerLookup, StringLookup

LAYERS = keras.layers
WORDS = ["enak", "sekali", "tidak", "kopi", "mahal", "zebra é", "日本"]
TEXT = np.array(
    [["enak", "kopi", "?"], ["", "日本", "zebra é"], ["[UNK]", "mahal", "enak"], ["x", "y", "z"]], dtype=object
)
NUMBERS = np.array([[3, 8, -1], [0, 12, 8], [5, 5, 100], [-7, 3, 4]])

STRINGS = [
    {},
    {"mask_token": ""},
    {"num_oov_indices": 4},
    {"num_oov_indices": 4, "salt": [3, 9]},
    {"num_oov_indices": 3, "mask_token": "", "oov_token": "[X]"},
    {"output_mode": "one_hot"},
    {"output_mode": "multi_hot", "mask_token": ""},
    {"output_mode": "count", "num_oov_indices": 2},
    {"output_mode": "count", "max_tokens": 20, "pad_to_max_tokens": True},
]
INTEGERS = [
    {},
    {"mask_token": 0},
    {"num_oov_indices": 3},
    {"num_oov_indices": 3, "oov_method": "farmhash"},
    {"num_oov_indices": 3, "oov_method": "farmhash", "salt": 5},
    {"output_mode": "one_hot"},
    {"output_mode": "multi_hot", "mask_token": 0},
    {"output_mode": "count", "max_tokens": 12, "pad_to_max_tokens": True, "num_oov_indices": 2},
]
HASHES = [
    {"num_bins": 7},
    {"num_bins": 7, "salt": [11, 12]},
    {"num_bins": 9, "salt": 4, "mask_value": 8},
    {"num_bins": 9, "mask_value": 8},
    {"num_bins": 1, "mask_value": 8},
    {"num_bins": 5, "output_mode": "multi_hot"},
    {"num_bins": 5, "output_mode": "count", "dtype": "float64"},
    {"num_bins": 5, "output_mode": "one_hot"},
]


def check(layer, x, kind):
    """Put a layer in a model, save it, open it, and compare."""
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=kind), layer])
    expected = layer(keras.ops.convert_to_tensor(x.tolist(), dtype=kind)).numpy()
    opened = reopen(model)
    actual = opened.forward(x)
    np.testing.assert_array_equal(actual, expected)
    assert actual.dtype == expected.dtype
    assert tuple(opened.shapes[core.graph.nodes.Ref(1)])[1:] == expected.shape[1:]
    by_row = np.concatenate([opened.forward(x[row : row + 1]) for row in range(len(x))])
    np.testing.assert_array_equal(by_row, expected)
    return opened


def learned(layer, data):
    layer.adapt(data)
    return layer


@pytest.mark.parametrize("given", [True, False], ids=["vocabulary", "adapted"])
@pytest.mark.parametrize("options", STRINGS, ids=str)
def test_string_lookup(options, given):
    layer = (
        LAYERS.StringLookup(vocabulary=WORDS, **options) if given else learned(LAYERS.StringLookup(**options), WORDS)
    )
    opened = check(layer, TEXT, "string")
    assert opened.layers[0].get_vocabulary() == [str(word) for word in layer.get_vocabulary()]


@pytest.mark.parametrize("given", [True, False], ids=["vocabulary", "adapted"])
@pytest.mark.parametrize("options", INTEGERS, ids=str)
def test_integer_lookup(options, given):
    numbers = [12, 8, 3, 5]
    layer = LAYERS.IntegerLookup(vocabulary=numbers, **options) if given else LAYERS.IntegerLookup(**options)
    if not given:
        layer.adapt(np.array(numbers))
    opened = check(layer, NUMBERS, "int64")
    assert opened.layers[0].get_vocabulary() == [int(number) for number in layer.get_vocabulary()]


@pytest.mark.parametrize("given", [True, False], ids=["vocabulary", "adapted"])
def test_idf(given):
    options = {"output_mode": "tf_idf", "num_oov_indices": 2}
    if given:
        layer = LAYERS.StringLookup(vocabulary=WORDS, idf_weights=np.arange(1, 8) / 8, **options)
    else:
        layer = learned(LAYERS.StringLookup(**options), np.array([WORDS, WORDS[:3] * 2 + ["x"]]))
    check(layer, TEXT, "string")


@pytest.mark.parametrize("mask", [None, ""])
def test_ids_become_words_again(mask):
    layer = LAYERS.StringLookup(vocabulary=WORDS, invert=True, mask_token=mask)
    opened = reopen(keras.Sequential([keras.Input((4,), dtype="int64"), layer]))
    ids = np.array([[0, 1, 2, 3], [7, 8, 9, -1]])
    assert opened.forward(ids).tolist() == opened.predict(ids).tolist() == layer(ids).numpy().tolist()
    back = LAYERS.IntegerLookup(vocabulary=[4, 9], invert=True)
    check(back, np.array([[0, 1, 2, 3]]), "int64")


@pytest.mark.parametrize("options", HASHES, ids=str)
def test_hashing_of_numbers(options):
    check(LAYERS.Hashing(**options), NUMBERS, "int64")
    check(LAYERS.Hashing(**options), NUMBERS[:, :1], "int32")


@pytest.mark.parametrize("options", [options for options in HASHES if "mask_value" not in options], ids=str)
def test_hashing_of_words(options):
    check(LAYERS.Hashing(**options), TEXT, "string")
    check(LAYERS.Hashing(**options, mask_value="kopi"), TEXT, "string")


@pytest.mark.parametrize("mode", ["int", "one_hot"])
def test_crossing(mode):
    one, two = keras.Input((1,), dtype="string"), keras.Input((1,), dtype="int64")
    crossing = LAYERS.HashedCrossing(11, output_mode=mode)
    opened = reopen(keras.Model([one, two], crossing([one, two])))
    words, numbers = TEXT[:, :1], NUMBERS[:, :1]
    expected = crossing(
        [keras.ops.convert_to_tensor(words.tolist(), dtype="string"), keras.ops.convert_to_tensor(numbers)]
    ).numpy()
    actual = opened.forward([words, numbers])
    np.testing.assert_array_equal(actual, expected)
    assert actual.dtype == expected.dtype


def test_a_table_of_features_to_probabilities():
    word, number = keras.Input((1,), dtype="string", name="word"), keras.Input((2,), name="number")
    encoded = LAYERS.StringLookup(vocabulary=WORDS, output_mode="one_hot")(word)
    binned = LAYERS.Discretization(bin_boundaries=[-1.0, 0.5], output_mode="multi_hot")(number)
    crossed = LAYERS.CategoryEncoding(6)(LAYERS.Hashing(6)(word))
    joined = LAYERS.Concatenate()([LAYERS.Activation("linear")(encoded), binned, crossed])
    model = keras.Model({"word": word, "number": number}, LAYERS.Dense(3, activation="softmax")(joined))
    x = {"word": TEXT[:, :1], "number": np.random.default_rng(0).normal(size=(4, 2)).astype(np.float32)}
    tensors = {
        "word": keras.ops.convert_to_tensor(x["word"].tolist(), dtype="string"),
        "number": keras.ops.convert_to_tensor(x["number"]),
    }
    np.testing.assert_allclose(reopen(model).forward(x), model(tensors), rtol=0, atol=1e-6)


def test_what_we_save_keras_opens(tmp_path):
    for layer, x, kind in (
        (learned(LAYERS.StringLookup(num_oov_indices=2, mask_token=""), WORDS), TEXT, "string"),
        (learned(LAYERS.IntegerLookup(output_mode="count"), np.array([4, 9, 9])), NUMBERS, "int64"),
    ):
        model = keras.Sequential([keras.Input(x.shape[1:], dtype=kind), layer])
        reopen(model).save(tmp_path / "copy.keras")
        tensor = keras.ops.convert_to_tensor(x.tolist(), dtype=kind)
        np.testing.assert_array_equal(keras.models.load_model(tmp_path / "copy.keras")(tensor), model(tensor))


@pytest.mark.parametrize(
    ("layer", "options", "message"),
    [
        (StringLookup, {"vocabulary": "/etc/passwd"}, "would read a file"),
        (StringLookup, {"vocabulary": ["a", "a"]}, "each token once"),
        (StringLookup, {"vocabulary": ["a", 3]}, "strings, got 3"),
        (StringLookup, {"vocabulary": ["a", ""], "mask_token": ""}, "for padding, '', must not"),
        (StringLookup, {"vocabulary": ["a"], "sparse": True}, "sparse"),
        (StringLookup, {"vocabulary": ["a"], "output_mode": "tf_idf"}, "idf_weights"),
        (StringLookup, {"vocabulary": ["a"], "output_mode": "count", "invert": True}, "invert needs"),
        (StringLookup, {"vocabulary": ["a", "b"], "max_tokens": 2}, "cannot hold"),
        (StringLookup, {"vocabulary": ["a"], "encoding": "latin-1"}, "encoding"),
        (IntegerLookup, {"vocabulary": [1.5]}, "must be an integer"),
        (IntegerLookup, {"vocabulary": [1], "salt": 3}, "farmhash"),
        (Hashing, {"num_bins": 0}, "num_bins"),
        (Hashing, {"num_bins": 3, "salt": [1, 2, 3]}, "salt"),
        (Hashing, {"num_bins": 3, "dtype": "float32"}, "int32 or int64"),
    ],
    ids=str,
)
def test_wrong_options_are_refused(layer, options, message):
    with pytest.raises(core.UnsupportedLayerError, match=message):
        layer.from_config(options)


def test_wrong_inputs_are_refused():
    with pytest.raises(core.InputError, match="does not know the token 'kopi'"):
        StringLookup(vocabulary=["a"], num_oov_indices=0).forward(np.array(["kopi"], dtype=object))
    with pytest.raises(core.WeightMismatchError, match="has no vocabulary"):
        StringLookup().forward(np.array(["kopi"], dtype=object))
    with pytest.raises(core.InputError, match="not of the kind"):
        Hashing(4, mask_value="a").forward(np.array([3]))
    lookup = IntegerLookup(vocabulary_size=3)
    with pytest.raises(core.WeightMismatchError, match="holds 2 numbers"):
        lookup.load_asset("vocabulary.txt", b"-1\n5")
    with pytest.raises(core.WeightMismatchError, match="invalid literal"):
        lookup.load_asset("vocabulary.txt", b"-1\nfive")
