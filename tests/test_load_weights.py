"""`load_weights` reads every file that holds the weights, names one that does not, and changes all parameters or none."""

import io
import json
import logging
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from compare import randomize, reopen
from keras.src.legacy.saving import legacy_h5_format

import core
from core.inspect import inspect

L = keras.layers
UNITS = (3, 4, 2)


def network(names=("a", "b", "c"), units=UNITS, seed=0) -> keras.Model:
    model = keras.Sequential(
        [keras.Input((4,)), *(L.Dense(size, name=name) for name, size in zip(names, units, strict=True))]
    )
    randomize(model, np.random.default_rng(seed))
    return model


def save_by_layer(model: keras.Model, path: Path, version: str = "2.4.0") -> Path:
    """Write what ``save_weights("w.h5")`` of Keras 2 wrote."""
    with h5py.File(path, "w") as root:
        legacy_h5_format.save_weights_to_hdf5_group(root, model)
        root.attrs["keras_version"] = version
    return path


class Around(keras.Model):
    """A subclass that holds the network."""

    def __init__(self, inner: keras.Model) -> None:
        super().__init__()
        self.inner = inner

    def call(self, x):
        return self.inner(x)


def save_around(model: keras.Model, path: Path) -> None:
    outer = Around(model)
    outer(np.zeros((1, 4), np.float32))
    outer.save_weights(path)


KINDS = {
    "w.weights.h5": lambda model, path: model.save_weights(path),
    "around.weights.h5": save_around,
    "keras2.h5": save_by_layer,
    "whole.h5": lambda model, path: model.save(path),
    "whole.keras": lambda model, path: model.save(path),
    "shards.weights.json": lambda model, path: model.save_weights(path, max_shard_size=1e-7),
    "named.npz": lambda model, path: reopen(model).save_weights(path),
}


@pytest.fixture(autouse=True)
def no_advice(monkeypatch):
    """Keras warns of every .h5."""
    monkeypatch.setattr(logging.getLogger("absl"), "disabled", True)


def parameters(model: core.Model) -> list[np.ndarray]:
    return [value for _, layer in model.walk() for value in layer.parameters.values()]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file(kind, tmp_path):
    trained = network(seed=1)
    KINDS[kind](trained, tmp_path / kind)
    model = reopen(network())
    model.load_weights(tmp_path / kind)
    for ours, theirs in zip(parameters(model), trained.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_changes_nothing(kind, tmp_path):
    KINDS[kind](network(units=(3, 4, 5), seed=1), tmp_path / kind)
    model = reopen(network())
    before = [value.copy() for value in parameters(model)]
    with pytest.raises(core.WeightMismatchError, match=r"Dense 'c'.*(2,|\(4, 2\))"):
        model.load_weights(tmp_path / kind)
    for now, then in zip(parameters(model), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_failure_leaves_the_vocabulary(tmp_path):
    def reader(words, units):
        lookup = L.StringLookup()
        lookup.adapt(np.array(words))
        model = keras.Sequential([keras.Input((2,), dtype="string"), lookup, L.Embedding(4, 3), L.Dense(units)])
        model(np.array([["x", "y"]]))
        return model

    model = reopen(reader(["red", "red", "blue"], 2))
    before = model.layers[0].get_vocabulary(), parameters(model)
    reader(["one", "two", "two"], 5).save(tmp_path / "other.keras")
    with pytest.raises(core.WeightMismatchError, match="Dense"):
        model.load_weights(tmp_path / "other.keras")
    assert model.layers[0].get_vocabulary() == before[0]
    assert all(now is then for now, then in zip(parameters(model), before[1], strict=True))
    reader(["one", "two", "two"], 2).save(tmp_path / "fitting.keras")
    model.load_weights(tmp_path / "fitting.keras")
    assert model.layers[0].get_vocabulary() == ["[UNK]", "two", "one"]


# --- weights by layer -------------------------------------------------------------------------------------------------

#: Names and units of the layers in the file, units of the model's layers "a", "b" and "c", and what the error says.
BY_LAYER = [
    (("a", "b", "c"), UNITS, UNITS, None),
    (
        ("dense_7", "dense_8", "dense_9"),
        UNITS,
        UNITS,
        None,
    ),  # another session: in the order of the layers, as Keras does
    (("a", "x", "c"), UNITS, UNITS, None),
    (
        ("a", "x", "c"),
        (3, 5, 2),
        UNITS,
        "Dense 'b', parameter 'kernel': the model expects the shape .3, 4., .* as '.*x/kernel",
    ),
    (("b", "a", "c"), (4, 4, 4), (4, 4, 4), "in another order: where the model has 'a', it has 'b'"),
    (("a", "c"), (3, 2), UNITS, "3 layers with parameters, the file 2.*'b'"),
]


@pytest.mark.parametrize(("names", "units", "expected", "message"), BY_LAYER)
def test_layers_of_other_names(names, units, expected, message, tmp_path):
    trained = network(names, units, seed=1)
    path = save_by_layer(trained, tmp_path / "w.h5")
    model = reopen(network(units=expected))
    if message:
        with pytest.raises(core.WeightMismatchError, match=message):
            model.load_weights(path)
    else:
        model.load_weights(path)
        x = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
        np.testing.assert_allclose(model.forward(x), trained(x), atol=1e-6)


@pytest.mark.parametrize("dtype", ["float16", "float64", ">f4"])
def test_numbers_of_another_type_are_cast(dtype, tmp_path):
    trained = network(seed=1)
    path = save_by_layer(trained, tmp_path / "w.h5")
    with h5py.File(path, "a") as root:
        paths = []
        root.visititems(lambda name, item: paths.append(name) if isinstance(item, h5py.Dataset) else None)
        for name in paths:
            value = root[name][()].astype(dtype)
            del root[name]
            root[name] = value
    model = reopen(network())
    model.load_weights(path)
    for ours, theirs in zip(parameters(model), trained.get_weights(), strict=True):
        assert ours.dtype == np.float32
        np.testing.assert_array_equal(ours, theirs.astype(dtype).astype(np.float32))


DAMAGES = {
    "names twice": (lambda root: _set_names(root["a"], lambda names: [names[0], names[0]]), "twice"),
    "a layer twice": (lambda root: root.attrs.update(layer_names=[b"a", b"a", b"c"]), "'a' twice"),
    "half saved": (lambda root: root.__delitem__("b"), "holds no /b"),
    "an array short": (lambda root: _set_names(root["a"], lambda names: names[:1]), "'a'.*2 parameters.*holds 1"),
    "an array missing": (lambda root: _set_names(root["a"], lambda names: [names[0], names[0] + b"x"]), "holds no"),
    "names that are numbers": (lambda root: root.attrs.update(layer_names=3), "list of names"),
    "a model's own": (
        lambda root: _set_names(root["top_level_model_weights"], lambda _: [b"x"]),
        "of the model itself",
    ),
}


def _set_names(group, change):
    names = [str(name).encode() if isinstance(name, str) else name for name in group.attrs["weight_names"]]
    group.attrs["weight_names"] = change(names)


@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_named(damage, tmp_path):
    path = save_by_layer(network(seed=1), tmp_path / "w.h5")
    change, message = DAMAGES[damage]
    with h5py.File(path, "a") as root:
        change(root)
    model = reopen(network())
    before = parameters(model)
    with pytest.raises(core.KacaError, match=message):
        model.load_weights(path)
    assert all(now is then for now, then in zip(parameters(model), before, strict=True))


# --- what is given ----------------------------------------------------------------------------------------------------

GIVEN = {
    "text": str,
    "path": lambda path: path,
    "bytes": lambda path: path.read_bytes(),
    "bytearray": lambda path: bytearray(path.read_bytes()),
    "memory": lambda path: io.BytesIO(path.read_bytes()),
    "open": lambda path: path.open("rb"),
    "unbuffered": lambda path: path.open("rb", buffering=0),
    "home": lambda path: f"~/{path.name}",
}


@pytest.mark.parametrize("given", GIVEN)
@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.json"])
def test_what_may_be_given(name, given, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    trained = network()
    trained.save_weights(tmp_path / "w.weights.h5")
    if name == "m.json":
        (tmp_path / name).write_text(trained.to_json())
    else:
        trained.save(tmp_path / name)
    something, weights = GIVEN[given](tmp_path / name), GIVEN[given](tmp_path / "w.weights.h5")
    x = np.ones((2, 4), np.float32)
    model = core.load_model(something, weights=weights)
    np.testing.assert_allclose(model.forward(x), trained(x), atol=1e-6)
    assert inspect(something)["opens"] is (name != "m.json")
    model.load_weights(weights)
    for file in (something, weights):
        if hasattr(file, "close"):
            assert not file.closed
            assert file.tell() == 0
            file.close()


def _closed(path):
    file = path.open("rb")
    file.close()
    return file


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda _: None, "got NoneType"),
        (lambda _: 3, "got int"),
        (lambda _: io.StringIO("{}"), "open as text"),
        (lambda path: path.open("ab"), "open for writing"),
        (_closed, "closed"),
    ],
)
def test_what_may_not_be_given(given, message, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    something = given(tmp_path / "file")
    for use in (core.load_model, inspect, lambda file: reopen(network()).load_weights(file)):
        with pytest.raises(core.InputError, match=message):
            use(something)
    if hasattr(something, "close"):
        something.close()


# --- architectures ----------------------------------------------------------------------------------------------------

ARCHITECTURES = {
    "as it is": lambda text: text.encode(),
    "written by json.dump": lambda text: json.dumps(text).encode(),
    "with a mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
}


@pytest.mark.parametrize("form", ARCHITECTURES)
def test_an_architecture_with_weights_beside_it(form, tmp_path):
    trained = network()
    trained.save_weights(tmp_path / "w.weights.h5")
    model = core.load_model(ARCHITECTURES[form](trained.to_json()), "float64", weights=tmp_path / "w.weights.h5")
    x = np.ones((2, 4))
    assert model.forward(x).dtype == np.float64
    np.testing.assert_allclose(model.forward(x), trained(x.astype(np.float32)), atol=1e-6)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (lambda model: model.to_json(), "weights="),
        (lambda model: json.dumps(model.get_config()), "without a class_name"),
        (lambda _: '{"a": [1', "not JSON"),
        (lambda _: '{"weight_map": {}}', "without a class_name"),
    ],
)
def test_json_without_a_model(given, message):
    with pytest.raises(core.ModelFileError, match=message):
        core.load_model(given(network()).encode())


# --- named for what they are ------------------------------------------------------------------------------------------

OTHERS = {
    "model.ckpt": "checkpoint of TensorFlow",
    "model.ckpt.index": "part of a TensorFlow checkpoint",
    "model.ckpt.data-00000-of-00001": "part of a TensorFlow checkpoint",
    "checkpoint": "list of TensorFlow checkpoints",
    "saved": "SavedModel of TensorFlow",
    "saved/saved_model.pb": "SavedModel of TensorFlow",
    "unzipped": "a model saved without a zip",
    "model.json": "holds an architecture, no weights",
    "text.h5": "neither .weights.h5",
    "nothing.h5": "no such file",
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_named_for_what_they_are(name, tmp_path):
    (tmp_path / "model.ckpt.index").write_bytes(bytes(50) + bytes.fromhex("57fb808b247547db"))
    (tmp_path / "model.ckpt.data-00000-of-00001").write_bytes(bytes(50))
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "model.ckpt"\n')
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "saved_model.pb").write_bytes(b"\x08\x01")
    (tmp_path / "unzipped").mkdir()
    (tmp_path / "unzipped" / "model.weights.h5").write_bytes(b"")
    (tmp_path / "model.json").write_text(network().to_json())
    (tmp_path / "text.h5").write_text("404: Not Found")
    model = reopen(network())
    with pytest.raises(core.ModelFileError, match=OTHERS[name]):
        model.load_weights(tmp_path / name)


NAMES_OUTSIDE = ["../w.h5", "/etc/passwd", "a/w.h5", "a\\w.h5", "C:w.h5", "..", "", "w\0.h5", 3, None, ["../w.h5"]]


@pytest.mark.parametrize("name", NAMES_OUTSIDE)
def test_shards_stay_in_their_folder(name, tmp_path):
    path = tmp_path / "w.weights.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": {"/layers/dense/vars": name}}))
    with pytest.raises(core.ModelFileError, match="in its own folder"):
        reopen(network()).load_weights(path)


def test_shards_are_files_that_are_there(tmp_path):
    trained = network()
    trained.save_weights(tmp_path / "w.weights.json", max_shard_size=1e-7)
    shards = sorted(tmp_path.glob("w_*.h5"))
    assert len(shards) > 1
    model = reopen(network())
    with pytest.raises(core.ModelFileError, match="give its path"):
        model.load_weights((tmp_path / "w.weights.json").read_bytes())
    shards[1].rename(tmp_path / "elsewhere")
    with pytest.raises(core.ModelFileError, match="not in the folder"):
        model.load_weights(tmp_path / "w.weights.json")
    shards[1].symlink_to(tmp_path / "elsewhere")
    with pytest.raises(core.ModelFileError, match="not in the folder"):
        model.load_weights(tmp_path / "w.weights.json")
