"""TextVectorization against Keras: twelve languages, every option, and the characters at which others stumble."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import core
from text.layers import TextVectorization

KERAS = keras.layers.TextVectorization
LANGUAGES = ["ace", "ban", "bbc", "bjn", "bug", "eng", "ind", "jav", "mad", "min", "nij", "sun"]

#: White space, punctuation and letters that str methods treat otherwise than TensorFlow treats bytes.
TORTURE = [
    "", " ", "...", "!?", "\t tab\ttab \n line\r\nline\x0bvertical\x0cform",
    "no\u00a0break", "wide\u3000space", "line\u2028separator\u2029paragraph", "next\u0085line",
    "unit\x1cfile\x1dgroup\x1erecord\x1fend",
    "zero\u200bwidth\u200cjoin\u200der\ufeffmark", "thin\u2009hair\u200anarrow\u202f", "😀 emoji 👨‍👩‍👧 family 🇮🇩",
    "cafe\u0301 café CAFÉ ÉÀÜ", "İstanbul ISPARTA ıI ſ ß ẞ K Å", "“curly” ‘quotes’ … – — ‐ ¿¡ « »", "ÀÉ ǅ Σς",
    "a-b_c'd\"e.f,g;h:i", "tidak-apa-apa... ya?! (mungkin) [UNK] {x} <y> a@b #c $1 50% ^ & * + = ~ ` | \\ /",
    "[UNK]", "[unk] unk UNK", "saya saya saya", "a b c a b a", "日本語 テスト 中文", "العربية עברית", "\u0000 nul \x7f del \x01",
    "x" * 300, "ＦＵＬＬ ｗｉｄｔｈ！", "1 2 3 1.000,50", "a\u0301\u0302\u0303", "\U0010ffff \ufffd \ufffe",
]  # fmt: skip

OPTIONS = [
    {},
    {"output_sequence_length": 4},
    {"max_tokens": 12},
    {"max_tokens": 12, "output_sequence_length": 7, "ngrams": 2},
    {"standardize": None},
    {"standardize": "lower", "ngrams": 3},
    {"standardize": "strip_punctuation", "ngrams": (2,)},
    {"split": "character", "output_sequence_length": 20},
    {"split": "character", "standardize": None, "ngrams": 2},
    {"split": None},
    {"split": None, "output_sequence_length": 3, "standardize": "lower"},
    {"output_mode": "multi_hot", "ngrams": (3, 1)},
    {"output_mode": "multi_hot", "split": None},
    {"output_mode": "count", "max_tokens": 15},
    {"output_mode": "count", "max_tokens": 500, "pad_to_max_tokens": True},
    {"output_mode": "tf_idf"},
    {"output_mode": "tf_idf", "max_tokens": 10},
    {"output_mode": "tf_idf", "max_tokens": 400, "pad_to_max_tokens": True, "split": "character"},
]


def pair(options, texts):
    """Make the layer of both sides and let both learn from `texts`."""
    theirs, ours = KERAS(**options), TextVectorization(**options)
    column = np.array(texts, dtype=object)[:, None]
    theirs.adapt(column)
    ours.adapt(texts)
    return theirs, ours


def same(ours, theirs, texts):
    """Compare vocabularies and what comes out for `texts`."""
    # Keras shows its tokens through NumPy's strings, which end before a NUL; inside it knows them whole.
    shown = [token.rstrip("\x00") for token in ours.get_vocabulary()]
    assert shown == [str(token) for token in theirs.get_vocabulary()]
    assert ours.vocabulary_size() == theirs.vocabulary_size()
    column = np.array(texts, dtype=object)[:, None]
    expected = theirs(column).numpy()
    actual = ours.forward(column)
    assert actual.dtype == expected.dtype
    assert actual.shape == expected.shape
    # Only tf-idf holds fractions; the mean over all words is summed in another order than TensorFlow's.
    np.testing.assert_allclose(actual, expected, rtol=3e-7 if expected.dtype == np.float32 else 0, atol=0)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_on_difficult_text(options):
    theirs, ours = pair(options, TORTURE)
    same(ours, theirs, [*TORTURE, "a completely new sentence", "saya"])


def sentences(language, split):
    parquet = pytest.importorskip("pyarrow.parquet")
    folder = Path(os.environ.get("KACA_DATA_DIR", "")) / "nusax_senti" / language
    if not folder.is_dir():
        pytest.skip("the environment variable KACA_DATA_DIR names no folder with nusax_senti")
    return parquet.read_table(next(folder.glob(f"{split}-*.parquet")))["text"].to_pylist()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_languages_of_nusax(language):
    train, test = sentences(language, "train"), sentences(language, "test")
    for options in ({"max_tokens": 10_000, "output_sequence_length": 100}, {"max_tokens": 500, "ngrams": 2}):
        theirs, ours = pair(options, train)
        same(ours, theirs, test)


TEXT = st.text(
    alphabet=st.one_of(st.sampled_from(" \t\n.,!-'AaBbÉé\u00a0\u3000\u2028\u0085\x1c"), st.characters(codec="utf-8"))
)


@settings(max_examples=25, deadline=None)
@given(texts=st.lists(TEXT, min_size=1, max_size=8), options=st.sampled_from(OPTIONS[:15]))
def test_any_text_learns_and_reads_as_in_keras(texts, options):
    theirs, ours = pair(options, [*texts, "a a"])  # Keras cannot be called before it has seen one token
    same(ours, theirs, [*texts, "b a"])


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.binary(max_size=20), min_size=1, max_size=20), split=st.sampled_from(["whitespace", "character"])
)
def test_any_bytes_are_cut_as_in_keras(texts, split):
    """Bytes that are not UTF-8 come from files in other encodings."""
    options = {"split": split, "vocabulary": ["a", "\ufffd"]}
    theirs, ours = KERAS(**options), TextVectorization(**options)
    column = np.array(texts, dtype=object)[:, None]
    np.testing.assert_array_equal(ours.forward(column), theirs(column).numpy())


WORD = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=3)


@settings(max_examples=12, deadline=None)
@given(counts=st.dictionaries(WORD, st.integers(1, 3), min_size=1, max_size=30))
def test_ties_are_broken_by_bytes(counts):
    texts = [word for word, count in counts.items() for _ in range(count)]
    theirs, ours = pair({"split": None, "standardize": None}, texts)
    assert ours.get_vocabulary() == [str(token) for token in theirs.get_vocabulary()]


GIVEN = [
    {"vocabulary": ["saya", "suka"]},
    {"vocabulary": ["", "[UNK]", "saya", "suka"]},
    {"vocabulary": ["[UNK]", "saya"]},
    {"vocabulary": ["[UNK]", "saya"], "output_mode": "count"},
    {"vocabulary": ["saya", "suka"], "output_mode": "tf_idf", "idf_weights": [0.5, 0.25]},
    {"vocabulary": ["[UNK]", "saya"], "output_mode": "tf_idf", "idf_weights": [0.5, 0.25]},
    {"vocabulary": ["saya"], "output_mode": "tf_idf", "idf_weights": [0.5], "max_tokens": 5, "pad_to_max_tokens": True},
]


@pytest.mark.parametrize("options", GIVEN, ids=str)
def test_a_given_vocabulary(options):
    same(TextVectorization(**options), KERAS(**options), ["saya suka kopi kopi", "", "[UNK]"])


@pytest.mark.parametrize("mode", ["int", "multi_hot", "count"])
@pytest.mark.parametrize("split", [None, "whitespace"])
@pytest.mark.parametrize("x", ["a b", ["a", "b"], [["a"], ["b"]], [["a", "b"], ["b", "zz"]]], ids=str)
def test_every_shape_of_input(x, split, mode):
    options = {"vocabulary": ["a", "b", "a b"], "split": split, "output_mode": mode}
    theirs, ours = KERAS(**options), TextVectorization(**options)
    impossible = np.ndim(x) == 2 and np.shape(x)[1] == 2 if split else np.ndim(x) == 0
    if impossible:
        with pytest.raises(core.InputError, match="expects strings of shape"):
            ours.forward(x)
    else:
        given_array = x if isinstance(x, str) else np.array(x, dtype=object)
        np.testing.assert_array_equal(ours.forward(x), theirs(given_array).numpy())
        np.testing.assert_array_equal(ours.forward(np.array(x)), theirs(given_array).numpy())


def test_learning_from_batches_equals_learning_at_once():
    texts = [*TORTURE, *TORTURE[5:15]]
    for options in ({}, {"output_mode": "tf_idf"}):
        whole, parts = TextVectorization(**options), TextVectorization(**options)
        whole.adapt(texts)
        parts.adapt(iter([texts[:7], np.array(texts[7:20], object)[:, None], texts[20:]]))
        assert whole.get_vocabulary() == parts.get_vocabulary()
        np.testing.assert_array_equal(whole.forward(texts), parts.forward(texts))
    parts.adapt((batch for batch in (["a"], ["b"], ["c"])), steps=2)
    assert parts.get_vocabulary() == ["[UNK]", "b", "a"]


def test_a_long_text_and_no_text():
    layer = TextVectorization(output_sequence_length=5, vocabulary=["kata"])
    np.testing.assert_array_equal(layer.forward(["kata " * 10_000, "", "asing"]), [[2] * 5, [0] * 5, [1, 0, 0, 0, 0]])
    assert TextVectorization(vocabulary=["kata"]).forward(["kata " * 10_000]).shape == (1, 10_000)
    assert TextVectorization(vocabulary=["kata"]).forward(["", ""]).shape == (2, 0)
    assert layer.forward(np.array([], dtype=object)).shape == (0, 5)


WRONG = [
    (["a", 3], "int .3. in row 1"),
    ([["a"], [None]], "NoneType .None. in row 1"),
    (["a", float("nan")], "float .nan. in row 1"),
    (np.array([1.5, 2.5]), "row 0"),
    (["a", "\ud800"], "row 1 is not text"),
    (3, "expects a string or a list"),
    ([["a"], ["b", "c"]], "strings"),
    (np.zeros((2, 2, 2), "U1"), "shape"),
]


@pytest.mark.parametrize(("x", "message"), WRONG, ids=repr)
def test_what_is_no_text_is_refused_by_row(x, message):
    with pytest.raises(core.InputError, match=message):
        TextVectorization(vocabulary=["a"]).forward(x)


BAD = [
    ({"standardize": {"class_name": "function"}}, "standardize"),
    ({"split": len}, "split"),
    ({"ngrams": 0}, "ngrams"),
    ({"ngrams": []}, "ngrams"),
    ({"output_mode": "one_hot"}, "output_mode"),
    ({"output_mode": ["int"]}, "output_mode must be one of"),
    ({"output_mode": "count", "output_sequence_length": 3}, "output_sequence_length"),
    ({"pad_to_max_tokens": True}, "max_tokens"),
    ({"max_tokens": 1}, "max_tokens"),
    ({"sparse": True}, "sparse"),
    ({"ragged": True}, "ragged"),
    ({"encoding": "utf-16"}, "encoding"),
    ({"vocabulary": "/etc/passwd"}, "a path"),
    ({"vocabulary": "https://example.org/words.txt"}, "a path"),
    ({"vocabulary": []}, "list of tokens"),
    ({"vocabulary": {"a": 1}}, "list of tokens"),
    ({"vocabulary": ["a", 3]}, "strings"),
    ({"vocabulary": ["a", "\ud800"]}, "UTF-8"),
    ({"vocabulary": ["a", "a"]}, "once"),
    ({"vocabulary": ["a", ""]}, "for padding, '', must not"),
    ({"vocabulary": ["a", "b"], "max_tokens": 3}, "max_tokens"),
    ({"vocabulary": ["a"], "output_mode": "tf_idf"}, "idf_weights"),
    ({"vocabulary": ["a"], "idf_weights": [0.5]}, "idf_weights"),
    ({"vocabulary": ["a"], "output_mode": "tf_idf", "idf_weights": [0.5, 0.5, 0.5]}, "idf_weights"),
    ({"vocabulary": ["a"], "output_mode": "tf_idf", "idf_weights": [float("nan")]}, "idf_weights"),
    ({"idf_weights": [0.5], "output_mode": "tf_idf"}, "idf_weights"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=str)
def test_options_that_cannot_be_are_refused(options, message):
    with pytest.raises(core.UnsupportedLayerError, match=message):
        TextVectorization.from_config(options)


def test_nothing_works_before_there_is_a_vocabulary():
    layer = TextVectorization()
    for use in (lambda: layer.forward(["a"]), layer.get_vocabulary, layer.vocabulary_size):
        with pytest.raises(
            core.WeightMismatchError, match=r"^TextVectorization 'text_vectorization' has no vocabulary yet"
        ):
            use()
    with pytest.raises(core.InputError, match="cannot learn another"):
        TextVectorization(vocabulary=["a"]).adapt(["b"])


ASSETS = [
    (b"\n[UNK]\nsaya\nsuka", None, ["", "[UNK]", "saya", "suka"]),
    (b"\n[UNK]\nsaya\nsuka", 4, ["", "[UNK]", "saya", "suka"]),
    (b"\r\n[UNK]\r\nsaya\r\nsuka", 4, ["", "[UNK]", "saya", "suka"]),
    ("\n[UNK]\na\u2028b\nc\u0085\rd".encode(), 4, ["", "[UNK]", "a\u2028b", "c\u0085\rd"]),
    (b"\n[UNK]\n\n\na", 4, ["", "[UNK]", "\n", "a"]),
    (b"\n[UNK]\na\n\n", 4, ["", "[UNK]", "a", "\n"]),
    (b"\n[UNK]\na\n", 3, ["", "[UNK]", "a"]),
    (b"\n[UNK]\na\n", None, ["", "[UNK]", "a"]),
    (b"\n[UNK]", 2, ["", "[UNK]"]),
]


@pytest.mark.parametrize(("data", "size", "words"), ASSETS)
def test_reading_the_vocabulary_of_an_archive(data, size, words):
    layer = TextVectorization(vocabulary_size=size)
    layer.load_asset("vocabulary.txt", data)
    assert layer.get_vocabulary() == words
    assert layer.get_vocabulary(include_special_tokens=False) == words[2:]


@pytest.mark.parametrize(
    ("data", "size", "message"),
    [
        (b"\n[UNK]\na", 5, "holds 3 tokens, but the config says 5"),
        (b"\n[UNK]\na\na", 4, "once"),
        (b"\n[UNK]\na\n\nb", 5, "for padding, '', must not"),
    ],
)
def test_a_vocabulary_that_does_not_fit_is_refused(data, size, message):
    with pytest.raises(core.WeightMismatchError, match=message):
        TextVectorization(vocabulary_size=size).load_asset("vocabulary.txt", data)


def test_words_that_are_not_utf_8_are_shown_by_their_bytes():
    layer = TextVectorization()
    layer.adapt([b"a\xff", b"b"])
    assert layer.get_vocabulary() == ["", "[UNK]", "b", "a\\xff"]
