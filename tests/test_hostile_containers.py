"""Zip archives, npz, HDF5 and JSON made to cost their reader more than their maker, or to be read as two things at once.

Each file is opened in a process of its own, in every way there is: it ends in one of our errors within two seconds of
processor time and 300 MB. What only looks odd, and comes from a hurried person, opens.
"""

import io
import json
import struct
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from configs import called, entry, graph, line, outcomes, tensor
from packing import packed

SENTENCES = Path(__file__).parents[1] / "packages/core/tests_bare/models/sentences.keras"
SECONDS, MEMORY = 2.0, 300 * 2**20
ERRORS = {"ModelFileError", "UnsupportedLayerError", "WeightMismatchError"}


def dense(count=1, inputs=4, units=3):
    """The config of a line of Dense layers."""
    return line(*[entry("Dense", units=units, name=f"dense_{n}") for n in range(count)], shape=(None, inputs))


def hdf5(write, **how):
    """The bytes of an HDF5 file."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **how) as root:
        write(root)
    return buffer.getvalue()


def weights(count=1, inputs=4, units=3, add=None, **how):
    """The weights of a line of Dense layers; `add(root, path, shape)` writes one array, by default as Keras does."""
    add = add or (lambda root, path, shape: root.create_dataset(path, data=np.ones(shape, np.float32)))

    def write(root):
        for index in range(count):
            suffix = f"_{index}" if index else ""
            add(root, f"layers/dense{suffix}/vars/0", (units if index else inputs, units))
            root[f"layers/dense{suffix}/vars/1"] = np.zeros(units, np.float32)

    return hdf5(write, **how)


def members(config=None, data=None, **others):
    """The members of an archive, by default of an honest model."""
    return {
        "metadata.json": json.dumps({"keras_version": "3.15.1"}).encode(),
        "config.json": config if isinstance(config, bytes) else json.dumps(config or dense()).encode(),
        "model.weights.h5": weights() if data is None else data,
    } | others


def claiming(data, name, *, method=None, flags=None, size=None, where="both"):
    """An archive in which the headers of one member say something else: the local one, that in the list, or both."""
    found = bytearray(data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        info = archive.getinfo(name)
        listed = data.index(b"PK\1\2")
        while data[listed + 46 : listed + 46 + len(name)] != name.encode():
            listed = data.index(b"PK\1\2", listed + 4)
    for start, is_local in ((info.header_offset, True), (listed, False)):
        if where != "both" and (where == "local") != is_local:
            continue
        flag_at = start + (6 if is_local else 8)
        if flags is not None:
            found[flag_at : flag_at + 2] = struct.pack("<H", flags)
        if method is not None:
            found[flag_at + 2 : flag_at + 4] = struct.pack("<H", method)
        if size is not None:
            size_at = start + (22 if is_local else 24)
            found[size_at : size_at + 4] = struct.pack("<I", size)
    return bytes(found)


def replaced(data, old, new, count=1):
    """Bytes in which `old`, which must be there, is `new`."""
    assert old in data
    assert len(old) == len(new)
    return data.replace(old, new, count)


def bomb_of(packer, member):
    """An archive with a member of a kilobyte that a rare packer makes megabytes of."""

    def make():
        data = bytes(4 * 2**20)
        return packed(members() | {member: data}, packer)

    return make


def stated_bomb():
    """A bzip2 member whose stated size is honest and small, of bytes that never end: 1.6 kB for 4 GB."""
    parts = packed(members(), zipfile.ZIP_BZIP2)
    return claiming(parts, "config.json", size=200)


def one_block_as_many_chunks(size=2**17, chunks=450):
    """Chunks that all have the address of the first, so that a small file unpacks one block again and again."""

    def add(root, path, shape):
        array = root.create_dataset(path, shape, "float32", chunks=(1, shape[1]), compression="gzip")
        array[...] = np.zeros(shape, np.float32)

    units = size // 4
    data = weights(inputs=chunks, units=units, add=add)
    with h5py.File(io.BytesIO(data)) as root:
        array = root["layers/dense/vars/0"].id
        found = [array.get_chunk_info(index) for index in range(chunks)]
    first = struct.pack("<Q", found[0].byte_offset)
    for chunk in found:
        key = struct.pack("<II3Q", chunk.size, 0, *chunk.chunk_offset, 0)
        data = replaced(data, key + struct.pack("<Q", chunk.byte_offset), key + first)
    return packed(members(dense(inputs=chunks, units=units), data), zipfile.ZIP_DEFLATED)


def padded_chunks():
    """Hundreds of small arrays, each in one chunk a megabyte larger than itself."""

    def add(root, path, shape):
        array = root.create_dataset(
            path, shape, "float32", chunks=(2**9, 2**9), maxshape=(None, None), compression="gzip"
        )
        array[...] = np.zeros(shape, np.float32)

    return packed(members(dense(300, 3, 3), weights(300, 3, 3, add)), zipfile.ZIP_DEFLATED)


def one_array_under_every_name():
    """Layers that all have one array, of 600 kB, as their kernel."""

    def add(root, path, shape):
        if "kernel" not in root:
            root.create_dataset("kernel", data=np.zeros(shape, np.float32))
        root[path] = root["kernel"]

    return packed(members(dense(600, 390, 390), weights(600, 390, 390, add)))


def chunk_soup():
    """An array in which every number is a chunk."""

    def add(root, path, shape):
        root.create_dataset(path, data=np.zeros(shape, np.float32), chunks=(1, 1))

    return packed(members(dense(1, 400, 400), weights(1, 400, 400, add)))


def chunk_index(libver, maxshape, shape=(1350, 100)):
    """As above, for the newer lists of chunks, whose checksums must be computed too."""

    def make():
        def add(root, path, shape):
            root.create_dataset(path, data=np.zeros(shape, np.float32), chunks=(1, 1), maxshape=maxshape)

        return packed(members(dense(1, *shape), weights(1, *shape, add, libver=libver)), zipfile.ZIP_DEFLATED)

    return make


def bare_file(header):
    """An HDF5 file of version 0 whose root group's header is `header`."""
    begin = b"\x89HDF\r\n\x1a\n" + bytes([0, 0, 0, 0, 0, 8, 8, 0, 4, 0, 16, 0]) + bytes(4)
    size = 96 + len(header)
    nowhere = b"\xff" * 8
    return (
        begin + bytes(8) + nowhere + struct.pack("<Q", size) + nowhere + struct.pack("<QQ", 0, 96) + bytes(24) + header
    )


def empty_messages(count):
    """A header of millions of empty messages, of which it says that there are 65535, in blocks that follow each other."""

    def make():
        block = bytes(8 * count)
        return bare_file(struct.pack("<BBHII", 1, 0, 65535, 1, len(block)) + bytes(4) + block)

    return make


def newer_messages():
    """The same in a header of version 2, where a message takes four bytes and none is counted."""
    from core.files.hdf5_format.checksums import lookup3

    body = bytes(4 * 1_200_000)
    header = b"OHDR\2\2" + struct.pack("<I", len(body)) + body
    return bare_file(header + struct.pack("<I", lookup3(header)))


def continuation_circle():
    """A header whose second block names the first, and one whose blocks follow each other a million times."""
    message = struct.pack("<HHI", 16, 16, 0) + struct.pack("<QQ", 112, 24)
    return bare_file(struct.pack("<BBHII", 1, 0, 3, 1, len(message)) + bytes(4) + message)


def continuation_chain():
    """Blocks of one message each, which names the next, all of them the same bytes a little later."""
    count = 200_000
    chain = b"".join(
        struct.pack("<HHI", 16, 16, 0) + struct.pack("<QQ", 112 + 24 * (index + 1), 24) for index in range(count)
    )
    return bare_file(struct.pack("<BBHII", 1, 0, 65535, 1, 24) + bytes(4) + chain)


def texts_without_end():
    """An attribute of millions of texts of one byte."""
    return hdf5(lambda root: root.attrs.update(model_config=np.full(6_000_000, b"a")), libver="latest")


def heap_of_crumbs():
    """An attribute of a thousand texts of one byte on thousands of groups."""

    def write(root):
        for index in range(300):
            root.create_group(f"layers/dense_{index}/vars").attrs["weight_names"] = ["a"] * 1000

    return hdf5(write)


def groups_without_end():
    """Fifty thousand empty groups, in the newer format with its checksums."""
    return hdf5(lambda root: [root.create_group(f"layers/g{index}") for index in range(30_000)], libver="latest")


def vocabularies(count, size, **more):
    """A model of several vocabularies, each a small member that unpacks to lines without end."""

    def make():
        with zipfile.ZipFile(SENTENCES) as archive:
            layers = json.loads(archive.read("config.json"))["config"]["layers"]
        vector = next(layer for layer in layers if layer["class_name"] == "TextVectorization")
        options = vector["config"] | {"max_tokens": None, "vocabulary_size": size}
        names = [f"vector_{index}" for index in range(count)]
        layers = [called(name, vector | {"config": options}, tensor("in")) for name in names]
        outputs = [[name, 0, 0] for name in names]
        config = graph(*layers, shape=(None, 1), dtype="string", output=outputs)
        words = b"\n[UNK]\n" + b"\n".join(b"%x" % number for number in range(size - 2))
        suffixes = ["", *(f"_{index}" for index in range(1, count))]
        assets = {f"assets/layers/text_vectorization{suffix}/vocabulary.txt": words for suffix in suffixes}
        return packed(members(config, hdf5(lambda root: None), **assets, **more), zipfile.ZIP_DEFLATED)

    return make


def endless_npz():
    """Arrays without numbers, as many as a list of members may name."""
    empty = io.BytesIO()
    np.save(empty, np.zeros(0, np.float32))
    return packed({f"{index}.npy": empty.getvalue() for index in range(38_000)}, zipfile.ZIP_DEFLATED)


def text(data):
    """An archive whose config is these bytes."""
    return lambda: packed(members(data), zipfile.ZIP_DEFLATED)


LARGE = 8 * 2**20 - 100
#: What is as large as it may be, and opens.
HARMLESS = {"one block as many chunks"}
#: By name: the function that makes the bytes of the file, and a word that the refusal says.
ATTACKS = {
    "config by bzip2": (bomb_of(zipfile.ZIP_BZIP2, "config.json"), "bzip2"),
    "config by lzma": (bomb_of(zipfile.ZIP_LZMA, "config.json"), "LZMA"),
    "weights by bzip2": (bomb_of(zipfile.ZIP_BZIP2, "model.weights.h5"), "bzip2"),
    "vocabulary by lzma": (bomb_of(zipfile.ZIP_LZMA, "assets/x/vocabulary.txt"), "LZMA"),
    "bzip2 that says it is small": (stated_bomb, "bzip2"),
    "encrypted": (lambda: claiming(packed(members()), "model.weights.h5", flags=1), "encrypted"),
    "packed by something new": (lambda: claiming(packed(members()), "config.json", method=93), "Zstandard"),
    "more than stated": (
        lambda: claiming(packed(members(), zipfile.ZIP_DEFLATED), "config.json", size=50), "another length"
    ),
    "4 GB stated": (
        lambda: claiming(packed(members(), zipfile.ZIP_DEFLATED), "model.weights.h5", size=2**32 - 2), "asks for more"
    ),
    "another name in front": (
        lambda: replaced(packed(members()), b"config.json", b"CONFIG.json"), "described twice"
    ),
    "another size in front": (
        lambda: claiming(packed(members()), "model.weights.h5", size=9, where="local"), "described twice"
    ),
    "another method in front": (
        lambda: claiming(packed(members()), "model.weights.h5", method=8, where="local"), "described twice"
    ),
    "members over each other": (
        lambda: claiming(claiming(packed(members()), "config.json", size=5000, where="list"), "config.json"), ""
    ),
    "weights of zeros, deflated": (
        lambda: packed(members(dense(1, 2**12, 2**13), weights(1, 2**12, 2**13)), zipfile.ZIP_DEFLATED), "asks for more"
    ),
    "one block as many chunks": (one_block_as_many_chunks, ""),
    "chunks larger than their arrays": (padded_chunks, "asks for more"),
    "one array under every name": (one_array_under_every_name, "asks for"),
    "a chunk for every number": (chunk_soup, "describes its content"),
    "a fixed array of chunks": (chunk_index("latest", None), "describes its content"),
    "an extensible array of chunks": (chunk_index("latest", (None, 100)), ""),
    "a tree of chunks": (chunk_index("latest", (None, None)), "describes its content"),
    "empty messages": (empty_messages(7_000_000), ""),
    "empty messages of version 2": (newer_messages, "describes its content"),
    "a header in a circle": (continuation_circle, "circles"),
    "a header in endless blocks": (continuation_chain, "circles"),
    "millions of texts": (texts_without_end, "describes its content"),
    "a heap of crumbs": (heap_of_crumbs, ""),
    "endless groups": (groups_without_end, ""),
    "nine vocabularies": (vocabularies(9, 300_000), "lines"),
    "one vocabulary": (vocabularies(1, 990_000), ""),
    "endless npz": (endless_npz, ""),
    "nested lists": (text(b"[" * 100_000 + b"]" * 100_000), "deep"),
    "nested objects that do not end": (text(b'{"a":' * 100_000), "deep"),
    "a key twice": (text(b'{"class_name": "Sequential", "class_name": "Functional"}'), "twice"),
    "half a character": (text(b'{"class_name": "Sequential", "config": {"name": "\\ud800"}}'), "half a character"),
    "not UTF-8": (text(b'{"class_name": "\xff"}'), "not UTF-8"),
    "a number of 5000 digits": (text(b'{"a": ' + b"7" * 5000 + b"}"), "digits"),
    "a list for a config": (text(b"[1, 2]"), "object"),
    "numbers without end": (text(b'{"class_name": "Sequential", "config": {"layers": [' + b"1," * (LARGE // 2) + b"1]}}"), ""),
    "floats without end": (text(b'{"a": [' + b"1e9," * (LARGE // 4) + b"1]}"), ""),
    "texts without end": (text(b'{"a": [' + b'"ab",' * (LARGE // 5) + b"1]}"), ""),
    "objects without end": (text(b'{"a": [' + b"{}," * 490_000 + b"1]}"), ""),
    "escapes without end": (text(b'{"a": "' + b'\\"' * (LARGE // 2) + b'"}'), ""),
    "a text that does not end": (text(b'{"a": "' + b'\\"' * (LARGE // 4)), "not JSON"),
    "digits without end": (text(b'{"a": [' + (b"1" * 999 + b",") * (LARGE // 1000) + b"1]}"), ""),
}  # fmt: skip


def sparse(path, data, size, at_end=b""):
    """A file with a hole: `data`, nothing for gigabytes, `at_end`."""
    with path.open("wb") as file:
        file.write(data)
        file.truncate(size - len(at_end))
        file.seek(0, io.SEEK_END)
        file.write(at_end)


def large_holes(path, inside_zip):
    """Four gigabytes of weights that are a hole in the file; nobody stored them, and nobody shall read them."""
    size, units = 2**32 - 2**16, 2**15 - 1
    config = dense(1, units, units)

    def add(root, place, shape):
        options = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        options.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        options.set_fill_time(h5py.h5d.FILL_TIME_NEVER)
        root.require_group(place.rsplit("/", 1)[0])
        h5py.h5d.create(root.id, place.encode(), h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple(shape), options)

    plain = path.with_suffix(".plain")
    with h5py.File(plain, "w") as root:
        if not inside_zip:
            root.attrs["model_config"], root.attrs["keras_version"] = json.dumps(config), "3.0.0"
            root.create_group("model_weights/dense_0").attrs["weight_names"] = ["kernel", "bias"]
            add(root, "model_weights/dense_0/kernel", (units, units))
            root["model_weights/dense_0/bias"] = np.zeros(units, np.float32)
        else:
            add(root, "layers/dense/vars/0", (units, units))
            root["layers/dense/vars/1"] = np.zeros(units, np.float32)
    if not inside_zip:
        plain.rename(path)
        return
    assert plain.stat().st_size < size
    shell = packed(members(config, b""))
    end = shell.index(b"PK\1\2")
    name = b"model.weights.h5"
    local = shell.index(b"PK\3\4", shell.index(b"PK\3\4", 4) + 4)
    held = plain.stat().st_size
    head = bytearray(shell[:end])
    head[local + 18 : local + 26] = struct.pack("<II", held, held)
    listing = bytearray(shell[end:])
    at = listing.index(name) - 46
    listing[at + 20 : at + 28] = struct.pack("<II", held, held)
    position = len(listing) - 22 + 16
    listing[position : position + 4] = struct.pack("<I", end + held)
    with plain.open("r+b") as source, path.open("wb") as file:
        file.write(head)
        file.write(source.read(8192))
        file.truncate(end + held)
        file.seek(0, io.SEEK_END)
        file.write(listing)
    plain.unlink()


#: How much of each limit a drawn file may take: members, bytes of config, lines, groups, chunks, bytes of arrays.
LIMITS = {
    "members": 34_000,
    "config": 4_000_000,
    "lines": 900_000,
    "groups": 25_000,
    "chunks": 120_000,
    "arrays": 2**26,
}
DRAWS = 6


def drawn(seed):
    """A file that takes a part of every limit at once: all of each (0), a seventh of each (1), or shares by chance."""
    rng = np.random.default_rng(seed)
    parts = [0.97] * 6 if seed == 0 else [1 / 7] * 6 if seed == 1 else np.minimum(1.8 * rng.dirichlet([1] * 6), 0.97)
    share = {name: int(most * part) for (name, most), part in zip(LIMITS.items(), parts, strict=True)}
    latest = rng.random() < 0.5
    units = max(64, share["arrays"] // 256)
    step = -(-64 * units // max(64, share["chunks"]))

    def write(root):
        root["layers/embedding/vars/0"] = np.zeros((16, 64), np.float32)
        kernel = np.zeros((64, units), np.float32)
        root.create_dataset(
            "layers/dense/vars/0", data=kernel, chunks=(1, step), compression="gzip" if latest else None
        )
        root["layers/dense/vars/1"] = np.zeros(units, np.float32)
        for index in range(share["groups"]):
            root.create_group(f"optimizer/g{index}")

    with zipfile.ZipFile(io.BytesIO(vocabularies(1, share["lines"] + 2)())) as archive:
        vector = json.loads(archive.read("config.json"))["config"]["layers"][1]
        words = archive.read("assets/layers/text_vectorization/vocabulary.txt")
    vector.pop("inbound_nodes")
    embedding = entry("Embedding", input_dim=16, output_dim=64, name="embedding")
    config = line(vector, embedding, entry("Dense", units=units, name="dense"), shape=(None, 1), dtype="string")
    config["build_config"] = {"input_shape": [1.5] * (share["config"] // 5)}
    assets = {"assets/layers/text_vectorization/vocabulary.txt": words}
    assets |= {f"assets/{index}": b"" for index in range(share["members"])}
    version = json.dumps({"keras_version": "2.13.0" if rng.random() < 0.5 else "3.15.1"}).encode()
    parts = members(config, hdf5(write, libver="latest" if latest else None), **assets) | {"metadata.json": version}
    return packed(parts, zipfile.ZIP_DEFLATED if rng.random() < 0.5 else zipfile.ZIP_STORED)


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """What became of each attack, by name and way of opening."""
    folder = tmp_path_factory.mktemp("attacks")
    paths = {}
    for number, (name, (make, _)) in enumerate(ATTACKS.items()):
        paths[name] = folder / f"{number}.bin"
        paths[name].write_bytes(make())
    for seed in range(DRAWS):
        paths[f"drawn {seed}"] = folder / f"drawn_{seed}"
        paths[f"drawn {seed}"].write_bytes(drawn(seed))
    for name in ("hole in a .keras", "hole in an .h5"):
        paths[name] = folder / name.replace(" ", "_")
        large_holes(paths[name], name.endswith(".keras"))
    names = {path.name: name for name, path in paths.items()}
    return {(names[found["file"]], found["way"]): found for found in outcomes("opening.py", *paths.values())}


def in_bounds(results, name):
    """Return what was said, after comparing time, memory and kind of outcome of every way to open a file."""
    for way in ("load_model", "load_weights", "inspect"):
        found = results[name, way]
        assert found["seconds"] < SECONDS * (2 if way == "inspect" else 1), found  # which may open the file twice
        assert found["bytes"] < MEMORY, found
        assert found["outcome"] in ERRORS | {"opened"}, found
    return results[name, "load_model"]


@pytest.mark.parametrize("attack", [*ATTACKS, "hole in a .keras", "hole in an .h5"])
def test_attacks_end_within_bounds(results, attack):
    found = in_bounds(results, attack)
    assert found["outcome"] in ERRORS or attack in HARMLESS
    assert ATTACKS.get(attack, (0, ""))[1] in found["message"]


@pytest.mark.parametrize("seed", range(DRAWS))
def test_all_limits_at_once_end_within_bounds(results, seed):
    found = in_bounds(results, f"drawn {seed}")
    assert seed > 1 or found["outcome"] == ["ModelFileError", "opened"][seed], found
