"""Files that attack: each known way ends in one error, quickly, with nothing run, read or written elsewhere."""

import io
import json
import os
import resource
import subprocess
import sys
import time
import warnings
import zipfile
from itertools import pairwise
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from packing import members_of, pack, packed

import core
import core.layers

SECRET = "/etc/passwd"
BARE = Path(__file__).parents[1] / "packages/core/tests_bare/models"


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The members of a small honest archive, to be corrupted."""
    path = tmp_path_factory.mktemp("hostile") / "honest.keras"
    keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2, name="second")]
    ).save(path)
    return members_of(path)


def corrupted_config(parts, corrupt):
    config = json.loads(parts["config.json"])
    corrupt(config["config"]["layers"])
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
    "sizes that multiply": entry("Sequential", {"layers": [entry("Dense", {"units": 2**31 - 1})] * 9}, module="keras"),
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
    def corrupt(layers):
        layers[1] = ENTRIES[attack]

    refused(pack(tmp_path / "bad.keras", corrupted_config(parts, corrupt)))


@pytest.mark.parametrize("attack", ENTRIES)
def test_entries_in_hdf5(parts, tmp_path, attack):
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] = ENTRIES[attack]
    with h5py.File(tmp_path / "bad.h5", "w") as root:
        root.attrs["model_config"] = json.dumps(config)
        root.attrs["keras_version"] = "3.15.1"
        root.create_group("model_weights")
    refused(tmp_path / "bad.h5")


def corrupted_weights(parts, corrupt):
    """The archive with its HDF5 weights changed by `corrupt(root)`."""
    buffer = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(buffer, "a") as root:
        corrupt(root)
    return parts | {"model.weights.h5": buffer.getvalue()}


def replaced(create):
    """A change of a file: the array at `place` goes, and `create(root, place)` puts another there."""

    def corrupt(root, place):
        del root[place]
        create(root, place)

    corrupt.__name__ = create.__name__
    return corrupt


@replaced
def external_link(root, place):
    root[place] = h5py.ExternalLink(SECRET, "/")


@replaced
def soft_link(root, place):
    root["other"] = np.zeros((4, 3), np.float32)
    root[place] = h5py.SoftLink("/other")


@replaced
def external_storage(root, place):
    root.create_dataset(place, (4, 3), "float32", external=[(SECRET, 0, 48)])


@replaced
def virtual_dataset(root, place):
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource(SECRET, "x", (4, 3))
    root.create_virtual_dataset(place, layout)


@replaced
def shape_bomb(root, place):
    root.create_dataset(place, (2**20, 2**20), "float32", chunks=(1024, 1024))


@replaced
def empty_data(root, place):
    root.create_dataset(place, (4, 3), "float32", chunks=(4, 3))


@replaced
def chunk_of_gigabytes(root, place):
    root.create_dataset(place, (4, 3), "float32", chunks=(2**14, 2**14), maxshape=(None, None), compression="gzip")


@replaced
def strings_for_numbers(root, place):
    root[place] = np.full((4, 3), b"a")


@replaced
def pointers_for_numbers(root, place):
    root[place] = np.full((4, 3), root.ref, h5py.ref_dtype)


@replaced
def records_for_numbers(root, place):
    root[place] = np.zeros((4, 3), [("a", "f4"), ("b", "f4")])


@replaced
def group_for_array(root, place):
    root.create_group(place)


@replaced
def other_compression(root, place):
    root.create_dataset(place, data=np.zeros((4, 3), np.float32), compression="lzf")


def soft_link_as_group(root, place):
    folder = place.rsplit("/", 1)[0]
    root.move(folder, "other")
    root[folder] = h5py.SoftLink("/other")


def group_within_itself(root, place):
    folder = place.rsplit("/", 1)[0]
    root[f"{folder}/again"] = root[folder]


def one_too_many(root, place):
    folder = place.rsplit("/", 1)[0]
    root[f"{folder}/2"] = np.zeros(3)
    group = root["/".join(place.split("/")[:2])]
    if "weight_names" in group.attrs:
        group.attrs["weight_names"] = [*group.attrs["weight_names"], "first/2"]


CORRUPTIONS = [
    external_link, soft_link, external_storage, virtual_dataset, shape_bomb, empty_data, chunk_of_gigabytes,
    strings_for_numbers, pointers_for_numbers, records_for_numbers, group_for_array, other_compression,
    soft_link_as_group, group_within_itself, one_too_many,
]  # fmt: skip


@pytest.fixture(scope="module")
def whole_model(tmp_path_factory):
    """The bytes of a small honest whole-model HDF5 file."""
    path = tmp_path_factory.mktemp("hostile") / "honest.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        keras.Sequential(
            [keras.Input((4,)), keras.layers.Dense(3, name="first"), keras.layers.Dense(2, name="second")]
        ).save(path)
    core.load_model(path)
    with h5py.File(path) as root:
        place = f"model_weights/first/{root['model_weights/first'].attrs['weight_names'][0]}"
    return path.read_bytes(), place


def corrupted_model(whole_model, path, corrupt):
    """A whole-model HDF5 file in which `corrupt` changed the first array."""
    data, place = whole_model
    path.write_bytes(data)
    with h5py.File(path, "a") as root:
        corrupt(root, place)
    return path


@pytest.mark.parametrize("corrupt", CORRUPTIONS)
def test_weights_that_point_elsewhere_or_lie(parts, tmp_path, corrupt):
    refused(pack(tmp_path / "bad.keras", corrupted_weights(parts, lambda root: corrupt(root, "layers/dense/vars/0"))))


@pytest.mark.parametrize(
    "corrupt", [corrupt for corrupt in CORRUPTIONS if corrupt is not group_within_itself]
)  # it is never met there
def test_weights_of_a_whole_model_that_point_elsewhere_or_lie(whole_model, tmp_path, corrupt):
    refused(corrupted_model(whole_model, tmp_path / "bad.h5", corrupt))


def test_shape_bomb_that_config_and_weights_agree_on(parts, tmp_path):
    def huge(layers):
        layers[1]["config"]["units"] = 2**28

    def corrupt(root):
        for index, shape in (("0", (4, 2**28)), ("1", (2**28,))):
            del root[f"layers/dense/vars/{index}"]
            root.create_dataset(f"layers/dense/vars/{index}", shape, "float32", chunks=True)

    refused(pack(tmp_path / "bad.keras", corrupted_weights(corrupted_config(parts, huge), corrupt)))


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

    def corrupt(layers):
        layers[1] = nest

    refused(pack(tmp_path / "worse.keras", corrupted_config(parts, corrupt)))


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


def test_npz_with_a_shape_of_its_own(parts, tmp_path):
    arrays = {name: np.zeros(shape) for name, shape in HONEST.items()}
    data = npz(arrays).replace(b"'shape': (4, 3)", b"'shape': (9, 9)")
    refused(pack(tmp_path / "bad.keras", with_npz(parts, data)))


def test_a_program_in_the_header_of_an_npz(parts, tmp_path):
    arrays = {name: np.zeros(shape) for name, shape in HONEST.items()}
    program = b"'shape': (4, 9**9**9)"[:15]
    members = {name: data.replace(b"'shape': (4, 3)", program) for name, data in members_of(npz(arrays)).items()}
    assert "not an array" in refused(pack(tmp_path / "bad.keras", with_npz(parts, packed(members))))


def test_an_archive_of_endless_members(parts, tmp_path):
    endless = {f"assets/{number}": b"" for number in range(40_000)}
    assert "lists its members" in refused(pack(tmp_path / "bad.keras", parts | endless))


def test_a_vocabulary_of_endless_lines(tmp_path):
    members = members_of(BARE / "sentences.keras")
    endless = {name: b"\n" * (15 * 2**20) for name in members if name.endswith("vocabulary.txt")}
    refused(pack(tmp_path / "bad.keras", members | endless, zipfile.ZIP_DEFLATED))


def tensor(layer):
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": [None, 4], "dtype": "float32", "keras_history": layer},
    }


def functional(layers, output):
    config = {"name": "graph", "layers": layers, "input_layers": [["in", 0, 0]], "output_layers": [output]}
    return {"module": "keras", "class_name": "Functional", "config": config, "registered_name": "Functional"}


def called(name, layer, *tensors):
    named = {**layer, "config": {**layer["config"], "name": name}, "name": name}
    return named | {"inbound_nodes": [{"args": [tensor(item)], "kwargs": {}} for item in tensors]}


INPUT = entry("InputLayer", {"batch_shape": [None, 4]})


def doubling(depth):
    """A model whose models call one another twice at every level."""
    model = entry("ReLU")
    for _ in range(depth):
        model = functional([called("in", INPUT), called("m", model, ["in", 0, 0], ["m", 0, 0])], ["m", 1, 0])
    return model


def vectors(*layers):
    """A Sequential model of vectors, or of what its first layer says."""
    inputs = [] if layers[0]["class_name"] == "InputLayer" else [INPUT]
    return entry("Sequential", {"layers": [*inputs, *layers]}, module="keras")


def operated(name, **options):
    """A model of one raw operation."""
    layer = entry(name, options, module="keras.src.ops.numpy")
    return functional([called("in", INPUT), called("out", layer, ["in", 0, 0])], ["out", 0, 0])


RELU = entry("ReLU")
LONG = entry("InputLayer", {"batch_shape": [None, 8, 4]})
GRAPHS = {
    "loop": functional(
        [called("in", INPUT), called("a", RELU, ["b", 0, 0]), called("b", RELU, ["a", 0, 0])], ["b", 0, 0]
    ),
    "layer that takes itself": functional([called("in", INPUT), called("a", RELU, ["a", 0, 0])], ["a", 0, 0]),
    "tensor of a call that is not made": functional([called("in", INPUT)], ["in", 7, 0]),
    "models that double": doubling(40),
    "endless layers": vectors(*[RELU] * 50_000),
    "endless lists": {"class_name": "Sequential", "config": {"name": "s", "layers": [[]] * 2_000_000}},
    "sizes beyond any axis": vectors(LONG, *[entry("UpSampling1D", {"size": 2**31 - 1})] * 9),
    "shape of a hundred thousand axes": vectors(entry("Reshape", {"target_shape": [1] * 100_000 + [7]})),
    "split into a thousand million": operated("Split", indices_or_sections=10**9, axis=1),
    "axes that are compared each with each": operated("ExpandDims", axis=list(range(100_000))),
    "equation of endless letters": vectors(
        entry("EinsumDense", {"equation": "a" * 50_000 + ",b->b", "output_shape": [4]})
    ),
    "name of megabytes": vectors(entry("ReLU", {"name": "x" * 5_000_000})),
    "class of megabytes": vectors(entry("x" * 5_000_000)),
}


@pytest.mark.parametrize("attack", GRAPHS)
def test_configs_that_never_end(parts, tmp_path, attack):
    said = refused(pack(tmp_path / "bad.keras", parts | {"config.json": json.dumps(GRAPHS[attack])}))
    assert len(said) < 3000


def test_a_chain_listed_backwards_opens_in_time(parts, tmp_path):
    names = ["in", *(f"relu_{number}" for number in range(4000))]
    layers = [called(name, entry("ReLU"), [before, 0, 0]) for before, name in pairwise(names)]
    buffer = io.BytesIO()
    h5py.File(buffer, "w").close()
    members = {"config.json": json.dumps(functional([*layers[::-1], called("in", INPUT)], [names[-1], 0, 0]))}
    start = time.process_time()
    model = core.load_model(pack(tmp_path / "chain.keras", parts | members | {"model.weights.h5": buffer.getvalue()}))
    assert time.process_time() - start < 2
    assert [node.layer.name for node in model.nodes] == names


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (core.layers.RepeatVector(10**9), (None, 20)),
        (core.layers.ZeroPadding1D(2**31 - 1), (None, 8, 3)),
        (core.layers.UpSampling1D(2**31 - 1), (None, 8, 3)),
    ],
)
def test_what_no_memory_holds_opens_and_is_refused_when_run(layer, shape):
    model = core.Sequential([layer], batch_shape=shape)
    model.build()
    with pytest.raises(core.LimitError, match=rf"cannot be run.*{type(layer).__name__}"):
        model.forward(np.zeros((1, *shape[1:]), np.float32))


def test_nothing_beside_the_file_is_touched(parts, whole_model, tmp_path):
    """In a process that notes whatever Python is asked for: imports, files, processes, connections."""
    files = []
    for number, attack in enumerate(ENTRIES):

        def corrupt(layers, attack=attack):
            layers[1] = ENTRIES[attack]

        files.append(pack(tmp_path / f"entry_{number}.keras", corrupted_config(parts, corrupt)))
    for corrupt in CORRUPTIONS:
        corrupted = corrupted_weights(parts, lambda root, corrupt=corrupt: corrupt(root, "layers/dense/vars/0"))
        files.append(pack(tmp_path / f"{corrupt.__name__}.keras", corrupted))
        if corrupt is not group_within_itself:
            files.append(corrupted_model(whole_model, tmp_path / f"{corrupt.__name__}.h5", corrupt))
    for number, graph in enumerate(GRAPHS.values()):
        files.append(pack(tmp_path / f"graph_{number}.keras", parts | {"config.json": json.dumps(graph)}))
    before = sorted(tmp_path.iterdir())
    done = subprocess.run(
        [sys.executable, str(Path(__file__).parents[1] / "packages/core/tests/support/confined.py"), *map(str, files)],
        capture_output=True, text=True, check=True, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)},
    )  # fmt: skip
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(results) == len(files)
    for path, found in zip(files, results, strict=True):
        assert found["outcome"] in {"ModelFileError", "UnsupportedLayerError", "WeightMismatchError"}, (path, found)
        assert found["events"] == [], (path, found)
        assert found["seconds"] < 2, (path, found)
        assert found["bytes"] < 300 * 2**20, (path, found)
        assert found["why_not"]
    assert sorted(tmp_path.iterdir()) == before


def test_nan_in_the_weights_is_a_warning_that_names_the_parameter(parts, tmp_path):
    def corrupt(root):
        root["layers/dense/vars/0"][0, 0] = np.nan

    with pytest.warns(RuntimeWarning, match="'first'.*'kernel'.*NaN"):
        core.load_model(pack(tmp_path / "nan.keras", corrupted_weights(parts, corrupt)))
