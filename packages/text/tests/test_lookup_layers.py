"""What lookups and hashing do that no row of a table shows: words from ids, tables of features, refusals."""

import keras
import numpy as np
import pytest
from compare import reopen
from token_rows import TEXT, WORDS

import core
from text.layers import Hashing, IntegerLookup, StringLookup

LAYERS = keras.layers


@pytest.mark.parametrize("mask", [None, ""])
def test_ids_become_words_again(mask):
    layer = LAYERS.StringLookup(vocabulary=WORDS, invert=True, mask_token=mask)
    opened = reopen(keras.Sequential([keras.Input((4,), dtype="int64"), layer]))
    ids = np.array([[0, 1, 2, 3], [7, 8, 9, -1]])
    assert opened.forward(ids).tolist() == opened.predict(ids).tolist() == layer(ids).numpy().tolist()


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
