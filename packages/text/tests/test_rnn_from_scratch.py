"""RNNFromScratch, LSTMFromScratch and the command line: from a saved model and raw sentences to classes."""

import io
import json
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from compare import randomize
from light import run_light

import core
from text import LSTMFromScratch, RNNFromScratch
from text.predict import main

LAYERS = keras.layers
TEXTS = ["Pelayanan ramah, makanan enak!", "tidak enak", "biasa saja", "", "xyzzy qwerty"]


def build(*middle, sentences=True, outputs=3):
    entry = [keras.Input((6,), dtype="int64")]
    if sentences:
        vectorizer = LAYERS.TextVectorization(max_tokens=20, output_sequence_length=6)
        vectorizer.adapt(TEXTS)
        entry = [keras.Input((1,), dtype="string"), vectorizer]
    activation = "sigmoid" if outputs == 1 else "softmax"
    layers = [*entry, LAYERS.Embedding(20, 4, mask_zero=True), *middle, LAYERS.Dense(outputs, activation)]
    return randomize(keras.Sequential(layers), np.random.default_rng(0))


@pytest.fixture(scope="module")
def lstm():
    return build(LAYERS.Bidirectional(LAYERS.LSTM(3)))


@pytest.fixture(scope="module")
def folder(lstm, tmp_path_factory):
    """A folder as training leaves it."""
    folder = tmp_path_factory.mktemp("run")
    lstm.save(folder / "model.keras")
    (folder / "result.json").write_text(json.dumps({"classes": ["negative", "neutral", "positive"]}), encoding="utf-8")
    return folder


def of_keras(model, texts):
    return np.asarray(model(keras.ops.convert_to_tensor(np.array(texts, object)[:, None], dtype="string")))


@pytest.mark.parametrize("make", [RNNFromScratch, LSTMFromScratch])
def test_raw_sentences_give_the_probabilities_of_keras(make, lstm, folder):
    expected = of_keras(lstm, TEXTS)
    for source in (folder / "model.keras", str(folder / "model.keras"), lstm):
        net = make()
        net.load_keras_model(source)
        np.testing.assert_allclose(net.predict_proba(TEXTS), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(net.predict(TEXTS), expected.argmax(axis=1))
    np.testing.assert_array_equal(net.predict(TEXTS, batch_size=2), expected.argmax(axis=1))
    np.testing.assert_allclose(net.forward(np.array(TEXTS), training=False), expected, rtol=0, atol=1e-6)
    assert net.predict(TEXTS).dtype == np.int64
    assert net.predict_proba(TEXTS).dtype == np.float32
    assert [type(layer).__name__ for layer in net.layers][-3:] == ["Embedding", "Bidirectional", "Dense"]


def test_one_sentence_is_a_batch_of_one(folder):
    net = RNNFromScratch()
    net.load_keras_model(folder / "model.keras")
    for use in (net.predict, net.predict_proba, net.forward):
        np.testing.assert_array_equal(use(TEXTS[0]), use(TEXTS[:1]))
    assert net.activations(TEXTS[0])[net.layers[-3].name].shape == (1, 6, 4)
    assert net.takes_sentences


def test_weights_go_out_and_come_in(folder, tmp_path):
    net, other = LSTMFromScratch(), LSTMFromScratch()
    for each in (net, other):
        each.load_keras_model(folder / "model.keras")
    for name in ("copy.weights.h5", "copy.npz"):
        net.save_weights(tmp_path / name)
        other.layers[-1].assign("bias", np.full(3, 9.0))
        assert not np.array_equal(other.predict_proba(TEXTS), net.predict_proba(TEXTS))
        other.load_weights(tmp_path / name)
        np.testing.assert_array_equal(other.predict_proba(TEXTS), net.predict_proba(TEXTS))


def test_hard_inputs_give_the_numbers_of_keras_or_name_the_row(lstm, folder):
    net = RNNFromScratch()
    net.load_keras_model(folder / "model.keras")
    hard = ["", "xyzzy", "!!!", "enak " * 10_000, "\u3000\u00a0"]
    np.testing.assert_allclose(net.predict_proba(hard), of_keras(lstm, hard), rtol=0, atol=1e-6)
    for wrong in (["enak", 3], ["enak", None], ["enak", float("nan")]):
        with pytest.raises(core.InputError, match="row 1"):
            net.predict(wrong)


def test_ids_are_taken_where_there_is_no_vocabulary():
    model = build(LAYERS.SimpleRNN(3), sentences=False)
    net = RNNFromScratch()
    net.load_keras_model(model)
    ids = np.array([[3, 4, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0], [19, 1, 2, 3, 4, 5]])
    np.testing.assert_allclose(net.predict_proba(ids), np.asarray(model(ids)), rtol=0, atol=1e-6)
    assert not net.takes_sentences
    for text in ("enak", ["enak"], np.array([["enak"]]), np.array([["enak"]], object)):
        with pytest.raises(core.InputError, match="takes token ids, got text"):
            net.predict(text)
    ids[2, 3] = 20
    with pytest.raises(core.InputError, match="row 2 holds the token id 20"):
        net.predict(ids)


def test_each_network_refuses_what_it_is_not_made_for():
    rnn = build(LAYERS.GRU(3), sentences=False)
    RNNFromScratch().load_keras_model(rnn)
    with pytest.raises(core.InputError, match="with an LSTM"):
        LSTMFromScratch().load_keras_model(rnn)
    LSTMFromScratch().load_keras_model(build(LAYERS.RNN(LAYERS.LSTMCell(3)), sentences=False))
    for make in (RNNFromScratch, LSTMFromScratch):
        with pytest.raises(core.InputError, match="recurrent layer"):
            make().load_keras_model(build(LAYERS.GlobalAveragePooling1D(), sentences=False))
        with pytest.raises(core.InputError, match="load_keras_model first"):
            make().predict(TEXTS)
    pair = [keras.Input((6,)), keras.Input((6,))]
    joined = LAYERS.LSTM(2)(LAYERS.Embedding(20, 4)(LAYERS.Add()(pair)))
    with pytest.raises(core.InputError, match="several"):
        RNNFromScratch().load_keras_model(keras.Model(pair, joined))


# --- the command line ---------------------------------------------------------------------------------------------------


def run(capsys, *arguments):
    status = main([str(argument) for argument in arguments])
    return status, *capsys.readouterr()


def test_sentences_as_arguments(capsys, folder, lstm):
    status, out, err = run(capsys, folder / "model.keras", *TEXTS[:3])
    assert (status, err) == (0, "")
    expected = of_keras(lstm, TEXTS[:3])
    names = ["negative", "neutral", "positive"]
    for line, text, row in zip(out.splitlines(), TEXTS, expected, strict=False):
        assert line == f"{names[row.argmax()]}\t{row.max():.4f}\t{text}"


def test_lines_from_standard_input_as_json(capsys, folder, lstm, monkeypatch):
    lines = "".join(f"{text}\r\n" for text in TEXTS * 20).encode()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    status, out, err = run(capsys, folder / "model.keras", "--json", "--classes", "buruk,biasa,baik")
    assert (status, err) == (0, "")
    found = [json.loads(line) for line in out.splitlines()]
    assert [entry["text"] for entry in found] == TEXTS * 20
    rows = np.array([list(entry["probabilities"].values()) for entry in found])
    np.testing.assert_allclose(rows[:5], of_keras(lstm, TEXTS), rtol=0, atol=1e-6)
    assert [entry["class"] for entry in found] == [("buruk", "biasa", "baik")[row.argmax()] for row in rows]


def test_classes_without_names_are_numbers(capsys, tmp_path):
    build(LAYERS.SimpleRNN(3), outputs=1).save(tmp_path / "model.keras")
    status, out, _ = run(capsys, tmp_path / "model.keras", "--json", "enak")
    found = json.loads(out)
    assert status == 0
    assert found["class"] in {"0", "1"}
    assert sum(found["probabilities"].values()) == pytest.approx(1)


def test_errors_are_one_line_and_status_2(capsys, folder, tmp_path, monkeypatch):
    build(LAYERS.SimpleRNN(3), sentences=False).save(tmp_path / "ids.keras")
    averaged = build(LAYERS.SimpleRNN(3, return_sequences=True), LAYERS.GlobalAveragePooling1D())
    averaged.save(tmp_path / "averaged.keras")
    (tmp_path / "broken.keras").write_bytes(b"nothing")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "model.keras").write_bytes((folder / "model.keras").read_bytes())
    rows = [
        ([tmp_path / "missing.keras", "enak"], "no such file"),
        ([tmp_path / "broken.keras", "enak"], "neither a .keras archive"),
        ([tmp_path / "ids.keras", "enak"], "takes token ids"),
        ([folder / "model.keras", "enak", "--classes", "a,b"], "3 classes, got 2 names"),
        ([folder / "model.keras", "enak", "--classes", "a,b,a"], "a name of its own"),
        ([tmp_path / "averaged.keras", "enak", "?!"], "no number for '?!'"),
        ([folder / "model.keras", "a\ud800"], "row 0"),
    ]
    for content, message in (("{", "is not JSON"), ('{"classes": [1]}', "list of names")):
        (tmp_path / "other" / "result.json").write_text(content, encoding="utf-8")
        status, out, err = run(capsys, tmp_path / "other" / "model.keras", "enak")
        assert (status, out.split("\t")[0] in {"0", "1", "2"}) == (0, True)
        assert message in err
        assert err.count("\n") == 1
    for arguments, message in rows:
        status, out, err = run(capsys, *arguments)
        assert (status, out) == (2, "")
        assert message in err
        assert err.count("\n") == 1
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"enak\n\xff\n")))
    status, _, err = run(capsys, folder / "model.keras")
    assert status == 2
    assert "line 2 of standard input" in err
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"enak\n" + bytes(2**22 + 1))))
    assert run(capsys, folder / "model.keras")[::2] == (
        2,
        "error: line 2 of standard input is longer than 4,194,304 bytes: not a sentence\n",
    )


def test_the_command_needs_no_tensorflow(folder):
    assert run_light("runpy.run_module('text.predict', run_name='__main__')", folder / "model.keras", "enak").endswith(
        "\tenak\n"
    )
