"""Text models that other people trained and published: Kaca gives Keras' numbers."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

import core
from core.experiment.training.float64 import in_float64

FOLDER = Path(os.environ.get("KACA_DATA_DIR", "")) / "wild_models"
#: File and the size of its vocabulary.
MODELS = {
    "miannetopokki__lstm_16_cells.keras": 2836,
    "miannetopokki__lstm_3_layer.keras": 2836,
    "miannetopokki__lstm_bidirectional.keras": 2836,
    "shafiqIrv__2_layer_rnn.keras": 2836,
    "wigaandini__best_rnn_model.h5": 3000,
}


@pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the environment variable KACA_DATA_DIR names no folder with wild_models"
)
class TestWild:
    @pytest.mark.parametrize("name", MODELS)
    def test_a_model_over_ids(self, name):
        theirs, ours = keras.models.load_model(FOLDER / name, compile=False), core.load_model(FOLDER / name)
        rng = np.random.default_rng(0)
        length = theirs.input_shape[1]
        x = rng.integers(0, MODELS[name], size=(12, length))
        for row, used in enumerate(rng.integers(0, length + 1, size=len(x))):
            x[row, used:] = 0
        expected = np.asarray(theirs(x))
        # A hundred steps enlarge rounding: here Keras itself is up to 8e-7 off its float64 values, and NumPy to other sides.
        np.testing.assert_allclose(ours.predict_proba(x), expected, rtol=0, atol=4e-6)
        np.testing.assert_array_equal(ours.predict_classes(x), expected.argmax(axis=1))
        exact = core.load_model(FOLDER / name, dtype="float64").forward(x)
        np.testing.assert_allclose(exact, np.asarray(in_float64(theirs)(x)), rtol=0, atol=1e-12)

    def test_a_vectorizer(self):
        path = FOLDER / "Bodleh__vectorizer.keras"
        theirs, ours = keras.models.load_model(path), core.load_model(path)
        vocabulary = ours.layers[-1].get_vocabulary()
        assert vocabulary == [str(token) for token in theirs.layers[-1].get_vocabulary()]
        texts = [" ".join(vocabulary[start : start + 80]) for start in range(0, len(vocabulary), 80)]
        expected = np.asarray(theirs(keras.ops.convert_to_tensor(texts, dtype="string")))
        np.testing.assert_array_equal(ours.forward(texts), expected)
