"""The network that is trained: its layers, what it knows of the data, and that Kaca gives the same from the saved file."""

import keras
import numpy as np
import pytest
from compare import reopen
from experiment_files import config_of
from rich.console import Console

import core
from core.experiment.command.options import TrainOptions, read_options
from core.experiment.command.progress import TrainingProgress
from core.experiment.errors import OptionError
from core.experiment.scores import macro_f1
from core.experiment.task import Dataset, Settings, Split
from core.experiment.training.keras import fit, train_into
from core.learning import Adam
from text.keras_rnn import build_rnn
from text.options import ModelOptions
from text.task import TextTask
from text.ulasan import load_ulasan

DEFAULTS = config_of(TextTask())
OPTIONS = DEFAULTS["model"] | {"units": 8, "sequence_length": 12, "embedding_dim": 6, "dense_units": 5}
TRAIN = DEFAULTS["train"] | {"epochs": 1, "learning_rate": 0.01}
WHOLE = load_ulasan()
STRANGE = np.array(["", "zzz qqq", "kata " * 50, "Enak, murah; RAMAH!"], dtype=object)


def options(**changes):
    return read_options(ModelOptions, OPTIONS | changes, "model")


def layers(network):
    return [(layer.name, type(layer).__name__) for layer in network.saved.layers]


def test_the_network_of_the_study():
    study = options(units=64, sequence_length=100, embedding_dim=128, dense_units=32, layers=2)
    network = build_rnn(options=study, texts=WHOLE.inputs, classes=3)
    assert layers(network) == [
        ("vectorize", "TextVectorization"), ("embedding", "Embedding"), ("lstm_1", "LSTM"), ("dropout_1", "Dropout"),
        ("lstm_2", "LSTM"), ("dense", "Dense"), ("dense_dropout", "Dropout"), ("probabilities", "Dense"),
    ]  # fmt: skip
    by_name = {layer.name: layer for layer in network.saved.layers}
    assert by_name["embedding"].output_dim == 128
    assert by_name["embedding"].mask_zero is True
    assert by_name["vectorize"].get_config()["max_tokens"] == 10_000
    assert [by_name[name].units for name in ("lstm_1", "lstm_2", "dense", "probabilities")] == [64, 64, 32, 3]
    assert [by_name[name].rate for name in ("dropout_1", "dense_dropout")] == [0.3, 0.5]
    assert network.saved.output_shape == (None, 3)
    assert network.encode(WHOLE.inputs[:5]).shape == (5, 100)


VARIANTS = [
    {},
    {"mask_zero": False},
    {"cell": "simple_rnn", "bidirectional": True},
    {"cell": "gru", "layers": 2, "recurrent_dropout": 0.2},
    {"cell": "lstm", "bidirectional": True, "layers": 3, "pooling": "average", "embedding_dropout": 0.2},
    {"cell": "simple_rnn", "pooling": "max", "bidirectional": True},
    {"pooling": "average", "mask_zero": False, "dropout": 0.0, "dense_dropout": 0.0},
]


@pytest.mark.parametrize("changes", VARIANTS, ids=lambda changes: " ".join(f"{k}={v}" for k, v in changes.items()))
def test_kaca_reads_sentences_as_keras_reads_ids(changes, tmp_path):
    keras.utils.set_random_seed(0)
    network = build_rnn(options=options(**changes), texts=WHOLE.inputs, classes=3)
    for variable in network.trained.trainable_variables:  # as if trained: away from small values and zeros
        variable.assign(variable + keras.random.normal(variable.shape, stddev=0.3))
    sentences = np.concatenate([WHOLE.inputs[:60], STRANGE])
    network.saved.save(tmp_path / "model.keras")
    model = core.load_model(tmp_path / "model.keras")
    theirs = np.asarray(network.trained(network.encode(sentences), training=False))
    ours = model.predict_proba(sentences)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)
    # The average over no word at all is 0 / 0, and stays so above; TensorFlow's fused kernels make relu(NaN) = 0 of it.
    reads = ~np.isnan(theirs[:, 0])
    assert reads.sum() >= len(sentences) - 1
    reopened = keras.models.load_model(tmp_path / "model.keras")
    predicted = reopened.predict(keras.ops.convert_to_tensor(sentences.tolist()), verbose=0)
    np.testing.assert_allclose(ours[reads], predicted[reads], rtol=0, atol=1e-6)


def test_with_a_mask_padding_changes_nothing():
    sentence = np.array(["enak sekali"], dtype=object)
    outputs = {}
    for mask_zero in (True, False):
        for length in (4, 40):
            keras.utils.set_random_seed(0)
            network = build_rnn(
                options=options(mask_zero=mask_zero, sequence_length=length), texts=WHOLE.inputs, classes=3
            )
            outputs[mask_zero, length] = np.asarray(network.trained(network.encode(sentence), training=False))
    np.testing.assert_allclose(outputs[True, 4], outputs[True, 40], rtol=0, atol=1e-6)
    assert np.abs(outputs[False, 4] - outputs[False, 40]).max() > 1e-4


def marked(split, marker):
    """A split in which every sentence holds a word of its own and one that all sentences of the split share."""
    texts = [f"{marker} {marker}{row} {text}" for row, text in enumerate(split.inputs)]
    return Split(np.array(texts, dtype=object), split.labels)


def test_nothing_of_validation_and_test_reaches_training(tmp_path, monkeypatch):
    """Words that only validation and test hold are in no vocabulary, and no array that is fitted comes from them."""
    parts = [Split(WHOLE.inputs[rows], WHOLE.labels[rows]) for rows in (slice(0, 60), slice(60, 90), slice(90, 120))]
    train, validation, test = (
        marked(part, name) for part, name in zip(parts, ("latihan", "validasi", "ujian"), strict=True)
    )
    dataset = Dataset("marked", ("negative", "neutral", "positive"), train, validation, test, "here", "")
    fitted = {}
    original = keras.Model.fit

    def watch(self, x, y, **arguments):
        fitted.update(x=x, y=y, validation_data=arguments["validation_data"])
        return original(self, x, y, **arguments)

    monkeypatch.setattr(keras.Model, "fit", watch)
    settings = Settings(model=options(), train=TrainOptions(**TRAIN), data=None)
    train_into(tmp_path, TextTask(), settings, dataset, TrainingProgress(Console(quiet=True)))

    vocabulary = keras.models.load_model(tmp_path / "model.keras").get_layer("vectorize").get_vocabulary()
    assert "latihan" in vocabulary
    assert "latihan59" in vocabulary
    assert not [word for word in vocabulary if word.startswith(("validasi", "ujian"))]
    seen = {word.strip(".,!?").lower() for text in train.inputs for word in text.split()}
    known = keras.layers.TextVectorization(vocabulary=vocabulary[2:], output_sequence_length=12)
    assert np.array_equal(fitted["x"], np.asarray(known(train.inputs.tolist())))
    assert np.array_equal(fitted["y"], train.labels)
    assert (fitted["x"][:, 0] == vocabulary.index("latihan")).all()
    assert (fitted["validation_data"][0][:, :2] == 1).all()  # both markers are words that it does not know
    assert len(set(vocabulary[2:]) - seen) < len(vocabulary) / 10  # what differs is punctuation within words


def test_early_stopping_keeps_the_best_weights_by_validation_macro_f1():
    split = Split(WHOLE.inputs[:90], WHOLE.labels[:90])
    dataset = Dataset("part", ("negative", "neutral", "positive"), split, split, split, "here", "")
    keras.utils.set_random_seed(1)
    network = build_rnn(options=options(pooling="max"), texts=split.inputs, classes=3)
    stopping = {"epochs": 6, "early_stopping": 1, "clipnorm": 1.0, "learning_rate_schedule": "cosine"}
    train = TrainOptions(**TRAIN | stopping)
    history = fit(network, dataset, train, TrainingProgress(Console(quiet=True)))
    kept = macro_f1(split.labels, network.trained.predict(network.encode(split.inputs), verbose=0))
    assert kept == pytest.approx(max(history["val_macro_f1"]), abs=1e-12)


def test_the_network_learns_from_scratch():
    """The maximum over time is a raw operation of its graph."""
    smaller = options(bidirectional=True, pooling="max", max_tokens=500, embedding_dropout=0.2, dense_dropout=0.0)
    network = build_rnn(options=smaller, texts=WHOLE.inputs, classes=3)
    model = reopen(network.trained)
    model.initialize(0)
    history = model.fit(network.encode(WHOLE.inputs), WHOLE.labels, optimizer=Adam(0.01), epochs=12, batch_size=16)
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.8


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"cell": "rnn"}, "model.cell must be one of 'simple_rnn', 'lstm', 'gru', got 'rnn'"),
        ({"layers": 0}, "model.layers must be an integer in [1, 2147483647], got 0"),
        ({"units": 1.5}, "model.units must be an integer"),
        ({"bidirectional": "yes"}, "model.bidirectional must be true or false, got 'yes'"),
        ({"mask_zero": None}, "model.mask_zero must be true or false"),
        ({"pooling": "sum"}, "model.pooling must be one of 'last', 'average', 'max'"),
        ({"recurrent_dropout": 1.0}, "model.recurrent_dropout must lie in [0, 1)"),
        ({"dropout": -0.1}, "model.dropout must lie in [0, 1)"),
        ({"max_tokens": 2}, "model.max_tokens must be an integer in [3, 2147483647], got 2"),
    ],
)
def test_impossible_options(changes, message):
    with pytest.raises(OptionError) as error:
        options(**changes)
    assert str(error.value).startswith(message)
