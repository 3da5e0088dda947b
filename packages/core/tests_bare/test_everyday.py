"""On any Python that runs NumPy, and without any extra: files open, predict, learn and are written as where they were made.

The answers are those of Keras, from `make_models.py`.
"""

from pathlib import Path

import numpy as np
import pytest

import core
from core.layers import Dense, Dropout

FOLDER = Path(__file__).parent / "models"
SENTENCES = ["kopi ini enak sekali", "pelayanan lambat dan mahal", "biasa saja", "", "tidak dikenal kopi"]


@pytest.fixture(scope="module")
def answers():
    with np.load(FOLDER / "answers.npz") as file:
        return dict(file) | {"sentences x": np.array(SENTENCES, dtype=object)[:, None]}


#: A file, and what its input and its answer are called.
FILES = [
    ("images.keras", "pixels", "images"),
    ("images.h5", "pixels", "images"),
    ("sentences.keras", "sentences x", "sentences"),
    ("tokens.keras", "ids", "tokens"),
    ("tokens.h5", "ids", "tokens"),
]


@pytest.mark.parametrize(("name", "x", "y"), FILES)
def test_every_way_to_predict(answers, name, x, y):
    model, x, expected = core.load_model(FOLDER / name), answers[x], answers[y]
    np.testing.assert_allclose(model.forward(x), expected, rtol=0, atol=1e-6)
    for options in ({}, {"threads": 1}, {"threads": 4, "batch_size": 2}, {"batch_size": 1}):
        np.testing.assert_allclose(model.predict_proba(x, **options), expected, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(model.predict_classes(x), expected.argmax(-1))
    assert model.predict_classes(x).dtype == np.int64
    assert model.layers[-1].name in model.summary()
    assert len(model.activations(x)) >= len(model.layers)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64, np.float32, np.float64])
def test_token_ids_of_any_type(answers, dtype):
    model = core.load_model(FOLDER / "tokens.keras")
    ids = answers["ids"].astype(dtype)
    np.testing.assert_allclose(model.predict_proba(ids), answers["tokens"], rtol=0, atol=1e-6)
    np.testing.assert_allclose(model.forward(ids), answers["tokens"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("number", [20, 2**31, 2**32 + 1, 2**63 - 1, -(2**32)])
def test_a_large_token_id_is_no_small_one(answers, number):
    """Cut to 32 bits, 2**32 + 1 would be token 1."""
    model = core.load_model(FOLDER / "tokens.keras")
    embedding = model.layers[0]
    with pytest.raises(core.InputError):
        embedding.forward(np.full((2, 6), number, np.int64))
    with pytest.raises(core.InputError):
        model.predict_proba(np.full((2, 6), number, np.int64))


@pytest.mark.parametrize(("name", "x", "y"), FILES)
def test_a_saved_copy_is_the_same(answers, tmp_path, name, x, y):
    model = core.load_model(FOLDER / name)
    model.save(tmp_path / "copy.keras")
    np.testing.assert_allclose(
        core.load_model(tmp_path / "copy.keras").forward(answers[x]), answers[y], rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("suffix", [".weights.h5", ".npz"])
@pytest.mark.parametrize("name", ["images.keras", "tokens.keras"])
def test_weights_are_written_and_read(tmp_path, name, suffix):
    model, other = core.load_model(FOLDER / name), core.load_model(FOLDER / name)
    for _, layer in other.walk():
        for parameter, value in layer.parameters.items():
            layer.assign(parameter, np.zeros_like(value))
    model.save_weights(tmp_path / f"w{suffix}")
    other.load_weights(tmp_path / f"w{suffix}")
    for (_, ours), (_, theirs) in zip(model.walk(), other.walk(), strict=True):
        for parameter, value in ours.parameters.items():
            np.testing.assert_array_equal(value, theirs.parameters[parameter])


def test_learning_follows_keras(answers):
    model = core.load_model(FOLDER / "tokens.keras")
    history = model.fit(answers["ids"], answers["classes"], batch_size=4, epochs=3, shuffle=False)
    np.testing.assert_allclose(history["loss"], answers["losses"], rtol=1e-5)


def test_a_network_of_our_own_learns_and_is_kept(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 8)).astype(np.float32)
    y = (x[:, 0] > x[:, 1]).astype(np.int64)
    model = core.Sequential([Dense(32, "relu"), Dropout(0.2), Dense(2, "softmax")], batch_shape=(None, 8))
    model.initialize(seed=0)
    history = model.fit(x, y, epochs=25, batch_size=8, checkpoint=tmp_path / "training.npz")
    assert history["loss"][-1] < history["loss"][0] / 2
    assert (model.predict_classes(x) == y).mean() > 0.9
    model.save(tmp_path / "trained.keras")
    np.testing.assert_array_equal(core.load_model(tmp_path / "trained.keras").forward(x), model.forward(x))


def test_vision_and_text_without_extras(answers):
    import text
    import vision

    cnn, lstm = vision.CNNFromScratch(), text.LSTMFromScratch()
    cnn.load_keras_model(FOLDER / "images.keras")
    lstm.load_keras_model(FOLDER / "sentences.keras")
    np.testing.assert_array_equal(cnn.predict(answers["pixels"]), answers["images"].argmax(-1))
    np.testing.assert_array_equal(lstm.predict(SENTENCES), answers["sentences"].argmax(-1))


def test_a_broken_file_is_said_to_be_broken(tmp_path):
    for name, length in (("images.keras", 1000), ("images.h5", 1000), ("tokens.keras", 20_000)):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes()[:length])
        with pytest.raises(core.ModelFileError):
            core.load_model(tmp_path / name)
