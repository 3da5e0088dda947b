"""Files that attack: each known way ends in one error, quickly, with nothing run, read or written elsewhere."""

import io
import json
import resource
import time
import zipfile

import h5py
import keras
import numpy as np
import pytest

import core

SECRET = "/etc/passwd"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The members of a small honest archive, to be bent."""
    path = tmp_path_factory.mktemp("hostile") / "honest.keras"
    keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2, name="second")]
    ).save(path)
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def pack(path, members, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def bent_config(parts, bend):
    config = json.loads(parts["config.json"])
    bend(config["config"]["layers"])
    return parts | {"config.json": json.dumps(config)}


def entry(class_name, config=None, module="keras.layers", registered_name=None):
    named = {"name": "evil"} | (config or {})
    return {"module": module, "class_name": class_name, "config": named, "registered_name": registered_name}


ENTRIES = {
    "lambda with bytecode": entry("Lambda", {"function": ["4wEAAAA=", None, None], "function_type": "lambda"}),
    "lambda in the config": entry("Lambda", {"function": {"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}}),
    "any module and function": entry("system", {"command": "touch /tmp/owned"}, module="os", registered_name="system"),
    "function of another module": entry("function", {"fn": "run"}, module="subprocess", registered_name="run"),
    "keras' own downloader": entry("get_file", {"origin": "file:///etc/passwd"}, module="keras.utils"),
    "keras' own unsafe switch": entry("enable_unsafe_deserialization", {}, module="keras.config"),
    "pickled torch module": entry("TorchModuleWrapper", {"module": "gASV"}),
    "saved model from a path": entry("TFSMLayer", {"filepath": "/tmp/evil"}),
    "registered name of a plain layer": entry("Dense", {"units": 3}, module=None, registered_name="evil>Dense"),
    "inner config that is no dict": {"module": "keras.layers", "class_name": "Dense", "config": ["units", 3]},
    "class name that is no text": {"module": "keras.layers", "class_name": ["Dense"], "config": {}},
    "layer that is no dict": "Dense",
    "layer within itself": entry("Sequential", {"layers": [entry("Lambda")]}, module="keras"),
    "negative size": entry("Dense", {"units": -3}),
    "size that is NaN": entry("Dense", {"units": float("nan")}),
    "size beyond any machine": entry("Dense", {"units": 10**18}),
    "size of many gigabytes": entry("Dense", {"units": 2**31 - 1}),
    "size with thousands of digits": entry("Dense", {"units": 10**4000}),
    "name that leads outside": entry("Dense", {"units": 3, "name": "../../../tmp/owned"}),
    "activation from a module": entry(
        "Dense", {"units": 3, "activation": {"module": "os", "class_name": "function", "config": "system"}}
    ),
}


def memory():
    """Largest resident size so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def refused(path):
    """Open a file that must be refused, within two seconds and 300 MB; return what was said."""
    before, start = memory(), time.process_time()
    with pytest.raises((core.ModelFileError, core.UnsupportedLayerError, core.WeightMismatchError)) as caught:
        core.load_model(path)
    assert time.process_time() - start < 2
    assert memory() - before < 300 * 2**20
    assert "root:" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("attack", ENTRIES)
def test_entries_in_an_archive(parts, tmp_path, attack):
    def bend(layers):
        layers[1] = ENTRIES[attack]

    refused(pack(tmp_path / "bad.keras", bent_config(parts, bend)))


@pytest.mark.parametrize("attack", ENTRIES)
def test_entries_in_hdf5(parts, tmp_path, attack):
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] = ENTRIES[attack]
    with h5py.File(tmp_path / "bad.h5", "w") as root:
        root.attrs["model_config"] = json.dumps(config)
        root.attrs["keras_version"] = "3.15.1"
        root.create_group("model_weights")
    refused(tmp_path / "bad.h5")


def bent_weights(parts, bend):
    """The archive with its HDF5 weights changed by `bend(root)`."""
    buffer = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(buffer, "a") as root:
        bend(root)
    return parts | {"model.weights.h5": buffer.getvalue()}


def external_link(root):
    del root["layers/dense/vars/0"]
    root["layers/dense/vars/0"] = h5py.ExternalLink(SECRET, "/")


def soft_link(root):
    del root["layers/dense/vars/0"]
    root["layers/dense/vars/0"] = h5py.SoftLink("/layers/dense_1/vars/0")


def soft_link_as_group(root):
    del root["layers"]
    root["layers"] = h5py.SoftLink("/optimizer")


def external_storage(root):
    del root["layers/dense/vars/0"]
    root.create_dataset("layers/dense/vars/0", (4, 3), "float32", external=[(SECRET, 0, 48)])


def virtual_dataset(root):
    del root["layers/dense/vars/0"]
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource(SECRET, "x", (4, 3))
    root.create_virtual_dataset("layers/dense/vars/0", layout)


def shape_bomb(root):
    del root["layers/dense/vars/0"]
    root.create_dataset("layers/dense/vars/0", (2**20, 2**20), "float32", chunks=(1024, 1024))


def empty_data(root):
    del root["layers/dense/vars/0"]
    root.create_dataset("layers/dense/vars/0", (4, 3), "float32", chunks=(4, 3))


def strings_for_numbers(root):
    del root["layers/dense/vars/0"]
    root["layers/dense/vars/0"] = np.full((4, 3), b"a")


def group_for_array(root):
    del root["layers/dense/vars/0"]
    root.create_group("layers/dense/vars/0")


def one_too_many(root):
    root["layers/dense/vars/2"] = np.zeros(3)


BENT = [
    external_link, soft_link, soft_link_as_group, external_storage, virtual_dataset, shape_bomb, empty_data,
    strings_for_numbers, group_for_array, one_too_many,
]  # fmt: skip


@pytest.mark.parametrize("bend", BENT)
def test_weights_that_point_elsewhere_or_lie(parts, tmp_path, bend):
    refused(pack(tmp_path / "bad.keras", bent_weights(parts, bend)))


def test_shape_bomb_that_config_and_weights_agree_on(parts, tmp_path):
    def huge(layers):
        layers[1]["config"]["units"] = 2**28

    def bend(root):
        for index, shape in (("0", (4, 2**28)), ("1", (2**28,))):
            del root[f"layers/dense/vars/{index}"]
            root.create_dataset(f"layers/dense/vars/{index}", shape, "float32", chunks=True)

    refused(pack(tmp_path / "bad.keras", bent_weights(bent_config(parts, huge), bend)))


def test_soft_link_as_model_weights(parts, tmp_path):
    with h5py.File(tmp_path / "bad.h5", "w") as root:
        root.attrs["model_config"] = parts["config.json"].decode()
        root["model_weights"] = h5py.ExternalLink(SECRET, "/")
    assert "ExternalLink" in refused(tmp_path / "bad.h5")


@pytest.mark.parametrize(
    "name", ["../outside.txt", "/tmp/outside.txt", "assets/../../outside.txt", "..\\outside.txt", "C:\\outside.txt"]
)
def test_members_that_lead_outside(parts, tmp_path, name):
    refused(pack(tmp_path / "bad.keras", parts | {name: b"x"}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.keras"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_twice(parts, tmp_path):
    with zipfile.ZipFile(tmp_path / "bad.keras", "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
        archive.writestr("config.json", b"{}")
    assert "twice" in refused(tmp_path / "bad.keras")


@pytest.mark.parametrize(
    "member", ["config.json", "metadata.json", "model.weights.h5", "assets/layers/x/vocabulary.txt"]
)
def test_zip_bombs(parts, tmp_path, member):
    bomb = parts | {member: b" " * (200 * 2**20)}
    path = pack(tmp_path / "bad.keras", bomb, zipfile.ZIP_DEFLATED)
    assert path.stat().st_size < 2**20
    del bomb
    refused(path)


def test_deeply_nested_json(parts, tmp_path):
    depth = 200_000
    refused(pack(tmp_path / "bad.keras", parts | {"config.json": b'{"a":' * depth + b"1" + b"}" * depth}))
    nest = entry("Dense", {"units": 3})
    for _ in range(300):
        nest = entry("Sequential", {"layers": [nest]}, module="keras")

    def bend(layers):
        layers[1] = nest

    refused(pack(tmp_path / "worse.keras", bent_config(parts, bend)))


def npz(arrays, compressed=False):
    buffer = io.BytesIO()
    (np.savez_compressed if compressed else np.savez)(buffer, **arrays)
    return buffer.getvalue()


HONEST = {
    "layers/dense/vars/0": (4, 3),
    "layers/dense/vars/1": (3,),
    "layers/dense_1/vars/0": (3, 2),
    "layers/dense_1/vars/1": (2,),
}


def with_npz(parts, data):
    return {name: value for name, value in parts.items() if name != "model.weights.h5"} | {"model.weights.npz": data}


def test_npz_weights_open(parts, tmp_path):
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in HONEST.items()}
    model = core.load_model(pack(tmp_path / "good.keras", with_npz(parts, npz(arrays))))
    np.testing.assert_array_equal(model.layers[0].kernel, arrays["layers/dense/vars/0"])


def test_npz_with_pickles(parts, tmp_path):
    arrays = {name: np.zeros(shape) for name, shape in HONEST.items()} | {
        "layers/dense/vars/0": np.array([{"a": 1}], dtype=object)
    }
    assert "pickled" in refused(pack(tmp_path / "bad.keras", with_npz(parts, npz(arrays))))


def test_npz_bombs(parts, tmp_path):
    arrays = {name: np.zeros(shape) for name, shape in HONEST.items()} | {
        "layers/dense/vars/0": np.zeros((2**13, 2**12))
    }
    refused(pack(tmp_path / "bad.keras", with_npz(parts, npz(arrays, compressed=True))))


def test_nan_in_the_weights_is_a_warning_that_names_the_parameter(parts, tmp_path):
    def bend(root):
        root["layers/dense/vars/0"][0, 0] = np.nan

    with pytest.warns(RuntimeWarning, match="'first'.*'kernel'.*NaN"):
        core.load_model(pack(tmp_path / "nan.keras", bent_weights(parts, bend)))
