"""A file is known by its content, never by its name; every form of it gives the same model."""

import zipfile

import h5py
import keras
import numpy as np
import pytest
from compare import randomize, reopen
from packing import members_of, pack

import core

LAYERS = keras.layers
pytestmark = pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file")


@pytest.fixture(scope="module")
def model():
    x = keras.Input((4,), name="x")
    y = LAYERS.Dense(3, activation="tanh", name="first")(x)
    built = keras.Model(x, LAYERS.Dense(2, name="second")(y * 2 + 1) / (1 + abs(y[:, :2])))
    randomize(built, np.random.default_rng(0))
    return built


@pytest.fixture(scope="module")
def rows():
    return np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)


@pytest.mark.parametrize("written", [".keras", ".h5", ".hdf5"])
@pytest.mark.parametrize("named", ["model.keras", "model.h5", "model.hdf5", "model", "model.weights.h5"])
def test_the_name_says_nothing(model, rows, written, named, tmp_path):
    model.save(tmp_path / f"written{written}")
    (tmp_path / f"written{written}").rename(tmp_path / named)
    np.testing.assert_allclose(core.load_model(tmp_path / named).forward(rows), model(rows), rtol=0, atol=1e-6)


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
@pytest.mark.parametrize("weights", ["model.weights.h5", "model.weights.npz"])
def test_members_may_be_packed_otherwise(model, rows, weights, compression, tmp_path):
    model.save(tmp_path / "written.keras")
    opened = core.load_model(tmp_path / "written.keras")
    opened.save_weights(tmp_path / "copy.npz")
    members = members_of(tmp_path / "written.keras")
    if weights.endswith(".npz"):
        del members["model.weights.h5"]
        members[weights] = (tmp_path / "copy.npz").read_bytes()
    pack(tmp_path / "packed.keras", members, compression)
    np.testing.assert_array_equal(core.load_model(tmp_path / "packed.keras").forward(rows), opened.forward(rows))


def test_metadata_may_be_missing(model, rows, tmp_path):
    model.save(tmp_path / "written.keras")
    members = members_of(tmp_path / "written.keras")
    del members["metadata.json"]
    pack(tmp_path / "new.keras", members)
    np.testing.assert_allclose(core.load_model(tmp_path / "new.keras").forward(rows), model(rows), rtol=0, atol=1e-6)


def test_a_list_of_names_may_be_cut_in_pieces(tmp_path):
    """Attributes above 64,512 bytes are cut, which networks of a thousand layers reach."""
    model = keras.Sequential([keras.Input((4,)), LAYERS.Dense(3, name="first"), LAYERS.Dense(2, name="second")])
    randomize(model, np.random.default_rng(0))
    model.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "a") as root:
        group = root["model_weights/first"]
        names = group.attrs["weight_names"]
        del group.attrs["weight_names"]
        for number, name in enumerate(names):
            group.attrs[f"weight_names{number}"] = [name]
    x = np.ones((2, 4), np.float32)
    np.testing.assert_allclose(core.load_model(tmp_path / "model.h5").forward(x), model(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64", "mixed_float16"])
@pytest.mark.parametrize("suffix", [".keras", ".h5"])
def test_other_types(dtype, suffix, tmp_path):
    x = np.random.default_rng(1).normal(size=(5, 4)).astype(np.float32)
    layers = [LAYERS.Dense(8, activation="relu", dtype=dtype), LAYERS.BatchNormalization(dtype=dtype)]
    model = keras.Sequential([keras.Input((4,)), *layers, LAYERS.Dense(3, dtype=dtype)])
    randomize(model, np.random.default_rng(0))
    opened, expected = reopen(model, suffix), np.asarray(model(x))
    tolerance = 4e-3 if "16" in dtype else 1e-12  # float16 has 11 bits: a rounding in each of four steps
    np.testing.assert_allclose(opened.forward(x), expected, rtol=0, atol=tolerance * max(1, np.abs(expected).max()))
    assert opened.forward(x).dtype == expected.dtype
    opened.save(tmp_path / "copy.keras")
    copy = keras.models.load_model(tmp_path / "copy.keras")
    np.testing.assert_array_equal(np.asarray(copy(x)), expected)
    assert [weight.dtype for weight in copy.weights] == [weight.dtype for weight in model.weights]


@pytest.mark.parametrize("name", ["copy.keras", "copy.weights.h5", "copy.npz"])
def test_a_file_is_written_whole_or_not_at_all(model, name, tmp_path):
    opened = reopen(model)
    write = opened.save if name.endswith(".keras") else opened.save_weights
    write(tmp_path / name)
    before = (tmp_path / name).read_bytes()
    del opened.layers[1].parameters["bias"]
    with pytest.raises((core.KacaError, KeyError)):
        write(tmp_path / name)
    assert (tmp_path / name).read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_structures_of_inputs_and_outputs(rows):
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = LAYERS.Dense(3)
    outputs = {"sum": shared(a) + shared(b), "pair": [shared(a), LAYERS.Dense(2)(shared(b))]}
    model = keras.Model({"b": b, "a": a}, outputs)
    randomize(model, np.random.default_rng(0))
    x = {"b": rows, "a": rows * 2}
    actual, expected = reopen(model).forward(x), model(x)
    assert list(actual) == list(expected)
    for one, other in zip(keras.tree.flatten(actual), keras.tree.flatten(expected), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
