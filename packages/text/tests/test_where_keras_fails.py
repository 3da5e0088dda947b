"""Three kinds of files that Keras 3.15 writes and cannot read as it wrote them; Kaca can."""

import keras
import numpy as np
import pytest
from compare import randomize

import core

LAYERS = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


def test_a_functional_model_with_masks_in_hdf5(tmp_path):
    ids = keras.Input((6,), dtype="int64")
    seen = LAYERS.LSTM(3)(LAYERS.Embedding(9, 4, mask_zero=True)(ids))
    model = randomize(keras.Model(ids, LAYERS.Dense(2, activation="softmax")(seen)), np.random.default_rng(0))
    model.save(tmp_path / "model.h5")
    with pytest.raises(ValueError, match="NotEqual"):
        keras.models.load_model(tmp_path / "model.h5")
    x = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 1], [0, 0, 0, 0, 0, 0]])
    np.testing.assert_allclose(core.load_model(tmp_path / "model.h5").forward(x), model(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("kind", ["TextVectorization", "StringLookup"])
def test_a_vocabulary_that_hdf5_loses_can_be_given_again(kind, tmp_path):
    texts = ["kopi enak", "kopi mahal"] if kind == "TextVectorization" else ["kopi", "enak"]
    layer = getattr(LAYERS, kind)()
    layer.adapt(texts)
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
    model.save(tmp_path / "model.h5")
    opened = core.load_model(tmp_path / "model.h5")
    with pytest.raises(core.WeightMismatchError, match="has no vocabulary"):
        opened.forward([["kopi"]])
    opened.layers[0].set_vocabulary([str(word) for word in layer.get_vocabulary()])
    expected = model(keras.ops.convert_to_tensor([["kopi"], ["teh"]], dtype="string"))
    np.testing.assert_array_equal(opened.forward([["kopi"], ["teh"]]), expected)


@pytest.mark.parametrize("mark", ["\u2028", "\x85", "\x1c", "\r"], ids=ascii)
def test_tokens_that_look_like_the_end_of_a_line(mark, tmp_path):
    layer = LAYERS.TextVectorization(standardize=None)
    words = ["kopi", f"su{mark}su", "teh"]
    layer.adapt([[word] for word in words for _ in range(2 if word != "teh" else 1)])
    model = keras.Sequential([keras.Input((1,), dtype="string"), layer])
    x = [[word] for word in words]
    expected = np.asarray(model(keras.ops.convert_to_tensor(x, dtype="string")))
    model.save(tmp_path / "model.keras")
    opened = core.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(opened.forward(x), expected)
    assert opened.layers[0].get_vocabulary() == [str(word) for word in layer.get_vocabulary()]
