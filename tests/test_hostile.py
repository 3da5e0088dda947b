"""Files that attack: each known way ends in one error, quickly, with nothing run, read or written elsewhere."""

import io
import json
import os
import resource
import time
import warnings
import zipfile
from itertools import pairwise
from pathlib import Path

import h5py
import keras
import numpy as np
import pytest
from configs import called, entry, graph, line, node, operated, outcomes, tensor
from packing import members_of, pack, packed

import core
import core.layers

SECRET = "/etc/passwd"
KERNEL = "layers/dense/vars/0"
BARE = Path(__file__).parents[1] / "packages/core/tests_bare/models"


def honest():
    layers = keras.layers
    return keras.Sequential([keras.Input((4,)), layers.Dense(3, name="first"), layers.Dense(2, name="second")])


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    """The members of a small honest archive, to be corrupted."""
    path = tmp_path_factory.mktemp("hostile") / "honest.keras"
    honest().save(path)
    return members_of(path)


def config_with(parts, layer):
    """The config of the archive with another second layer."""
    config = json.loads(parts["config.json"])
    config["config"]["layers"][1] = layer
    return parts | {"config.json": json.dumps(config)}


ENTRIES = {
    "lambda with bytecode": entry("Lambda", function=["4wEAAAA=", None, None], function_type="lambda"),
    "lambda in the config": entry("Lambda", function={"class_name": "__lambda__", "config": {"code": "4wEAAAA="}}),
    "any module and function": entry("system", "os", command="touch /tmp/owned") | {"registered_name": "system"},
    "function of another module": entry("function", "subprocess", fn="run") | {"registered_name": "run"},
    "keras' own downloader": entry("get_file", "keras.utils", origin="file:///etc/passwd"),
    "keras' own unsafe switch": entry("enable_unsafe_deserialization", "keras.config"),
    "pickled torch module": {"class_name": "TorchModuleWrapper", "config": {"name": "evil", "module": "gASV"}},
    "saved model from a path": entry("TFSMLayer", filepath="/tmp/evil"),
    "registered name of a plain layer": entry("Dense", None, units=3) | {"registered_name": "evil>Dense"},
    "inner config that is no dict": {"module": "keras.layers", "class_name": "Dense", "config": ["units", 3]},
    "class name that is no text": {"module": "keras.layers", "class_name": ["Dense"], "config": {}},
    "layer that is no dict": "Dense",
    "layer within itself": entry("Sequential", "keras", layers=[entry("Lambda")]),
    "negative size": entry("Dense", units=-3),
    "size that is NaN": entry("Dense", units=float("nan")),
    "size beyond any machine": entry("Dense", units=10**18),
    "size of many gigabytes": entry("Dense", units=2**31 - 1),
    "sizes that multiply": entry("Sequential", "keras", layers=[entry("Dense", units=2**31 - 1)] * 9),
    "size with thousands of digits": entry("Dense", units=10**4000),
    "name that leads outside": entry("Dense", units=3, name="../../../tmp/owned"),
    "activation from a module": entry(
        "Dense", units=3, activation={"module": "os", "class_name": "function", "config": "system"}
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
    refused(pack(tmp_path / "bad.keras", config_with(parts, ENTRIES[attack])))


@pytest.mark.parametrize("attack", ENTRIES)
def test_entries_in_hdf5(parts, tmp_path, attack):
    with h5py.File(tmp_path / "bad.h5", "w") as root:
        root.attrs["model_config"] = config_with(parts, ENTRIES[attack])["config.json"]
        root.attrs["keras_version"] = "3.15.1"
        root.create_group("model_weights")
    refused(tmp_path / "bad.h5")


def corrupted_weights(parts, corrupt):
    """The archive with its HDF5 weights changed by `corrupt(root, place)`, the place of its first array."""
    buffer = io.BytesIO(parts["model.weights.h5"])
    with h5py.File(buffer, "a") as root:
        corrupt(root, KERNEL)
    return parts | {"model.weights.h5": buffer.getvalue()}


def replaced(create):
    """A change of a file: the array at `place` goes, and `create(root, place)` puts another there."""

    def corrupt(root, place):
        del root[place]
        create(root, place)

    return corrupt


def array(shape, dtype="float32", **options):
    """A change of a file: another array takes the place of the first."""
    return replaced(lambda root, place: root.create_dataset(place, shape, dtype, **options))


def value(make):
    """A change of a file: what `make(root)` returns takes the place of the first array."""
    return replaced(lambda root, place: root.__setitem__(place, make(root)))


@replaced
def virtual_dataset(root, place):
    layout = h5py.VirtualLayout((4, 3), "float32")
    layout[:] = h5py.VirtualSource(SECRET, "x", (4, 3))
    root.create_virtual_dataset(place, layout)


@replaced
def soft_link(root, place):
    root["other"] = np.zeros((4, 3), np.float32)
    root[place] = h5py.SoftLink("/other")


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


CORRUPTIONS = {
    "external link": value(lambda root: h5py.ExternalLink(SECRET, "/")),
    "soft link": soft_link,
    "external storage": array((4, 3), external=[(SECRET, 0, 48)]),
    "virtual dataset": virtual_dataset,
    "shape bomb": array((2**20, 2**20), chunks=(1024, 1024)),
    "empty data": array((4, 3), chunks=(4, 3)),
    "chunk of gigabytes": array((4, 3), chunks=(2**14, 2**14), maxshape=(None, None), compression="gzip"),
    "strings for numbers": value(lambda root: np.full((4, 3), b"a")),
    "pointers for numbers": value(lambda root: np.full((4, 3), root.ref, h5py.ref_dtype)),
    "records for numbers": value(lambda root: np.zeros((4, 3), [("a", "f4"), ("b", "f4")])),
    "group for array": replaced(lambda root, place: root.create_group(place)),
    "other compression": array((4, 3), data=np.zeros((4, 3), np.float32), compression="lzf"),
    "soft link as group": soft_link_as_group,
    "group within itself": group_within_itself,
    "one too many": one_too_many,
}
IN_A_WHOLE_MODEL = CORRUPTIONS.keys() - {"group within itself"}  # it is never met there


@pytest.fixture(scope="module")
def whole_model(tmp_path_factory):
    """The bytes of a small honest whole-model HDF5 file."""
    path = tmp_path_factory.mktemp("hostile") / "honest.h5"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        honest().save(path)
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


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_weights_that_point_elsewhere_or_lie(parts, tmp_path, name):
    said = refused(pack(tmp_path / "bad.keras", corrupted_weights(parts, CORRUPTIONS[name])))
    assert "ExternalLink" in said or name != "external link"


@pytest.mark.parametrize("name", sorted(IN_A_WHOLE_MODEL))
def test_weights_of_a_whole_model_that_point_elsewhere_or_lie(whole_model, tmp_path, name):
    refused(corrupted_model(whole_model, tmp_path / "bad.h5", CORRUPTIONS[name]))


def test_shape_bomb_that_config_and_weights_agree_on(parts, tmp_path):
    def corrupt(root, kernel):
        array((4, 2**28), chunks=True)(root, kernel)
        array((2**28,), chunks=True)(root, "layers/dense/vars/1")

    huge = config_with(parts, entry("Dense", units=2**28, name="first"))
    refused(pack(tmp_path / "bad.keras", corrupted_weights(huge, corrupt)))


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
    nest = entry("Dense", units=3)
    for _ in range(300):
        nest = entry("Sequential", "keras", layers=[nest])
    refused(pack(tmp_path / "worse.keras", config_with(parts, nest)))


HONEST = {KERNEL: (4, 3), "layers/dense/vars/1": (3,), "layers/dense_1/vars/0": (3, 2), "layers/dense_1/vars/1": (2,)}


def npz(arrays=None, save=np.savez):
    """The weights as npz: zeros but for the arrays that are given."""
    buffer = io.BytesIO()
    save(buffer, **({name: np.zeros(shape) for name, shape in HONEST.items()} | (arrays or {})))
    return buffer.getvalue()


def with_npz(parts, data):
    return {name: value for name, value in parts.items() if name != "model.weights.h5"} | {"model.weights.npz": data}


def test_npz_weights_open(parts, tmp_path):
    rng = np.random.default_rng(0)
    arrays = {name: rng.normal(size=shape).astype(np.float32) for name, shape in HONEST.items()}
    model = core.load_model(pack(tmp_path / "good.keras", with_npz(parts, npz(arrays))))
    np.testing.assert_array_equal(model.layers[0].kernel, arrays[KERNEL])


def with_shape(data, shape):
    """An array of 4 by 3 whose header says another shape."""
    return data.replace(b"'shape': (4, 3)", b"'shape': " + shape)


#: By name: the bytes of the npz, and a word of the refusal.
NPZ = {
    "pickles": (lambda: npz({KERNEL: np.array([{"a": 1}], dtype=object)}), "pickled"),
    "a bomb": (lambda: npz({KERNEL: np.zeros((2**13, 2**12))}, np.savez_compressed), ""),
    "a shape of its own": (lambda: with_shape(npz(), b"(9, 9)"), ""),
    "a program in a header": (
        lambda: packed({name: with_shape(data, b"(4, 9*") for name, data in members_of(npz()).items()}),
        "not an array",
    ),
}


@pytest.mark.parametrize("attack", NPZ)
def test_npz_weights_that_lie(parts, tmp_path, attack):
    make, said = NPZ[attack]
    assert said in refused(pack(tmp_path / "bad.keras", with_npz(parts, make())))


def test_an_archive_of_endless_members(parts, tmp_path):
    endless = {f"assets/{number}": b"" for number in range(40_000)}
    assert "lists its members" in refused(pack(tmp_path / "bad.keras", parts | endless))


def test_a_vocabulary_of_endless_lines(tmp_path):
    members = members_of(BARE / "sentences.keras")
    endless = {name: b"\n" * (15 * 2**20) for name in members if name.endswith("vocabulary.txt")}
    refused(pack(tmp_path / "bad.keras", members | endless, zipfile.ZIP_DEFLATED))


def doubling(depth):
    """A model whose models call one another twice at every level."""
    model = entry("ReLU")
    for _ in range(depth):
        twice = called("m", model) | {"inbound_nodes": [node(tensor("in")), node(tensor("m"))]}
        model = graph(twice, output=["m", 1, 0])
    return model


def applied(layer):
    """A graph of one layer."""
    return graph(called("out", layer, tensor("in")))


RELU = entry("ReLU")
GRAPHS = {
    "loop": graph(called("a", RELU, tensor("b")), called("b", RELU, tensor("a"))),
    "layer that takes itself": graph(called("a", RELU, tensor("a"))),
    "tensor of a call that is not made": graph(output=["in", 7, 0]),
    "models that double": doubling(40),
    "endless layers": line(*[RELU] * 50_000),
    "endless lists": {"class_name": "Sequential", "config": {"name": "s", "layers": [[]] * 2_000_000}},
    "sizes beyond any axis": line(*[entry("UpSampling1D", size=2**31 - 1)] * 9, shape=(None, 8, 4)),
    "shape of a hundred thousand axes": line(entry("Reshape", target_shape=[1] * 100_000 + [7])),
    "split into a thousand million": applied(operated("Split", indices_or_sections=10**9, axis=1)),
    "axes that are compared each with each": applied(operated("ExpandDims", axis=list(range(100_000)))),
    "equation of endless letters": line(entry("EinsumDense", equation="a" * 50_000 + ",b->b", output_shape=[4])),
    "name of megabytes": line(entry("ReLU", name="x" * 5_000_000)),
    "class of megabytes": line(entry("x" * 5_000_000)),
}


@pytest.mark.parametrize("attack", GRAPHS)
def test_configs_that_never_end(parts, tmp_path, attack):
    said = refused(pack(tmp_path / "bad.keras", parts | {"config.json": json.dumps(GRAPHS[attack])}))
    assert len(said) < 3000


def test_a_chain_listed_backwards_opens_in_time(parts, tmp_path):
    names = ["in", *(f"relu_{number}" for number in range(4000))]
    layers = [called(name, RELU, tensor(before)) for before, name in pairwise(names)]
    buffer = io.BytesIO()
    h5py.File(buffer, "w").close()
    members = {"config.json": json.dumps(graph(*layers[::-1], output=[names[-1], 0, 0]))}
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
    for number, layer in enumerate(ENTRIES.values()):
        files.append(pack(tmp_path / f"entry_{number}.keras", config_with(parts, layer)))
    for name, corrupt in CORRUPTIONS.items():
        files.append(pack(tmp_path / f"{name}.keras", corrupted_weights(parts, corrupt)))
        if name in IN_A_WHOLE_MODEL:
            files.append(corrupted_model(whole_model, tmp_path / f"{name}.h5", corrupt))
    for number, config in enumerate(GRAPHS.values()):
        files.append(pack(tmp_path / f"graph_{number}.keras", parts | {"config.json": json.dumps(config)}))
    before = sorted(tmp_path.iterdir())
    results = outcomes("confined.py", *files, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)})
    assert len(results) == len(files)
    for path, found in zip(files, results, strict=True):
        assert found["outcome"] in {"ModelFileError", "UnsupportedLayerError", "WeightMismatchError"}, (path, found)
        assert found["events"] == [], (path, found)
        assert found["seconds"] < 2, (path, found)
        assert found["bytes"] < 300 * 2**20, (path, found)
        assert found["why_not"]
    assert sorted(tmp_path.iterdir()) == before


def test_nan_in_the_weights_is_a_warning_that_names_the_parameter(parts, tmp_path):
    def corrupt(root, kernel):
        root[kernel][0, 0] = np.nan

    with pytest.warns(RuntimeWarning, match="'first'.*'kernel'.*NaN"):
        core.load_model(pack(tmp_path / "nan.keras", corrupted_weights(parts, corrupt)))
