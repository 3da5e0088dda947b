"""A Sequential that says no input shape takes that of its first input, as in Keras, by itself and inside another model."""

import copy
import json
import pickle

import h5py
import keras
import numpy as np
import pytest
from old_files import old_files

import core

layers = keras.layers
NUMBERS = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype(np.float32)
ROWS = {
    "numbers": ([layers.Rescaling(0.5), layers.Flatten()], NUMBERS),
    "rows": ([layers.Activation("relu")], NUMBERS[:, 0, 0]),
    "augmentation": ([layers.RandomFlip(), layers.RandomRotation(0.1)], NUMBERS),
    "text": ([layers.TextVectorization(vocabulary=["a", "b"])], np.array(["a b", "b c a"])),
    "texts in a column": ([layers.TextVectorization(vocabulary=["a", "b"])], np.array([["a b"], ["b c a"]])),
    "bags": ([layers.TextVectorization(vocabulary=["a", "b"], output_mode="multi_hot")], np.array(["a b", "b c a"])),
    "strings": ([layers.StringLookup(vocabulary=["a", "b"])], np.array([["a", "c"], ["b", "b"]])),
    "integers": ([layers.IntegerLookup(vocabulary=[3, 4])], np.array([[3, 5], [4, 4]])),
}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_first_input_decides(row, tmp_path):
    line, x = ROWS[row]
    keras.Sequential(line).save(tmp_path / "line.keras")
    texts = x.dtype.kind == "U"
    expected = keras.Sequential(line)(
        keras.ops.convert_to_tensor(x, dtype="string" if texts else x.dtype.name), training=False
    )
    opened = core.load_model(tmp_path / "line.keras")
    opened.save(tmp_path / "copy.keras")
    keras.models.load_model(tmp_path / "copy.keras")
    reopened = core.load_model(tmp_path / "copy.keras")
    for model in (reopened, copy.deepcopy(opened), pickle.loads(pickle.dumps(opened)), opened):
        model.summary()
        for _ in range(2):
            np.testing.assert_array_equal(model.predict(x), expected)


@pytest.mark.parametrize("row", ROWS)
def test_within_a_model_the_model_decides(row, tmp_path):
    line, x = ROWS[row]
    x = x.reshape(len(x), -1) if x.ndim == 1 else x
    entry = keras.Input(x.shape[1:], dtype="string" if x.dtype.kind == "U" else x.dtype.name)
    model = keras.Model(entry, keras.Sequential(line)(entry))
    model.save(tmp_path / "model.keras")
    texts = keras.ops.convert_to_tensor(x, dtype="string") if x.dtype.kind == "U" else x
    np.testing.assert_array_equal(core.load_model(tmp_path / "model.keras").predict(x), model(texts, training=False))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_an_unsaved_kernel_is_named(tmp_path):
    keras.Sequential([layers.Dense(3)]).save(tmp_path / "line.keras")
    model = core.load_model(tmp_path / "line.keras")
    with pytest.raises(core.WeightMismatchError, match="'kernel' yet"):
        model.predict(np.ones((2, 4), np.float32))
    with pytest.raises(core.KacaError):
        model.predict([[1.0], [2.0, 3.0]])


SHAPELESS = {"seq_no_shape", "seq_build", "seq_emb", "seq_emb2", "seq_bidir"}


@pytest.mark.parametrize(
    "file", [file for file in old_files("dialects/keras-2.15.0.tar.xz") if file.stem in SHAPELESS], ids=str
)
def test_the_first_kernel_decides_where_a_file_says_no_shape(file, tmp_path):
    path = file.put(tmp_path)
    with h5py.File(path, "r+") as root:
        config = json.loads(root.attrs["model_config"])
        inner = config["config"]
        inner.pop("build_input_shape", None)
        inner["layers"] = [layer for layer in inner["layers"] if layer["class_name"] != "InputLayer"]
        for layer in inner["layers"]:
            layer["config"].pop("batch_input_shape", None)
        root.attrs["model_config"] = json.dumps(config)
    np.testing.assert_allclose(core.load_model(path).predict(file.x), file.y, rtol=0, atol=1e-6)
