"""Files that older Kerases really wrote open, and give the numbers that those Kerases gave."""

import keras
import numpy as np
import pytest
from compare import zeroed
from old_files import assert_answers, old_files

import core

FILES = old_files("old_models/keras-*.zip")
WEIGHTS = [file for file in FILES if file.name.endswith(".weights.h5")]
whole_models = pytest.mark.parametrize("file", [file for file in FILES if file not in WEIGHTS], ids=str)


@whole_models
def test_a_whole_model(file, tmp_path):
    assert_answers(core.load_model(file.put(tmp_path)).forward(file.x), file.y)


@pytest.mark.parametrize("file", WEIGHTS, ids=str)
def test_weights_into_a_model(file, tmp_path):
    model = zeroed(core.load_model(file.put(tmp_path, f"{file.stem}.keras")))
    model.load_weights(file.put(tmp_path))
    assert_answers(model.forward(file.x), file.y)


@whole_models
def test_what_we_write_of_them_opens_in_the_keras_of_today(file, tmp_path):
    core.load_model(file.put(tmp_path)).save(tmp_path / "copy.keras")
    copy = keras.models.load_model(tmp_path / "copy.keras", compile=False)
    for ours, theirs in zip(keras.tree.flatten(copy(file.x)), keras.tree.flatten(file.y), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-6)


def test_there_are_files_of_five_kerases():
    assert len({file.archive for file in FILES}) == 5
    assert len(FILES) >= 55
