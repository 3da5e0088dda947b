"""Archives as people and their tools pack them open like the one that Keras wrote; what is damaged is named.

A row says how the members of an honest model are packed again, or which of its bytes are changed.
"""

import io
import json
import struct
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
from newest_hdf5 import as_newest_hdf5
from packing import members_of, packed

import core
from core.files.hdf5_format import open_root
from core.files.npz import Npz
from core.inspect import inspect

MODELS = Path(__file__).parents[1] / "packages/core/tests_bare/models"
HONEST = members_of(MODELS / "images.keras")
WEIGHTS = HONEST["model.weights.h5"]


def renamed(rename):
    return packed({rename(name): data for name, data in HONEST.items()})


def arrays(model):
    return [value for layer in model.layers for value in layer.parameters.values()]


class Pipe(io.RawIOBase):
    """A file that cannot go back, so that sizes are written behind the members."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def write(self, data):
        self.data += data
        return len(data)


def streamed(method):
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", method) as archive:
        for name, data in HONEST.items():
            with archive.open(name, "w") as member:
                member.write(data)
    return bytes(pipe.data)


def wide():
    """Every member, and the end, in the form for more than 4 GB."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in HONEST.items():
            with archive.open(name, "w", force_zip64=True) as member:
                member.write(data)
    data = buffer.getvalue()
    *_, count, size, offset, _ = struct.unpack("<4s4H2IH", data[-22:])
    record = struct.pack("<4sQ2H2I4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, offset)
    locator = struct.pack("<4sIQI", b"PK\6\7", 0, len(data) - 22, 1)
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, 0xFFFF, 0xFFFF, 2**32 - 1, 2**32 - 1, 0)
    return data[:-22] + record + locator + end


def folder(name):
    return {f"{name}/": b""} | {f"{name}/{member}": data for member, data in HONEST.items()}


#: What a hurried person makes of a model, by name: the same archive, otherwise packed.
ODD = {
    "deflated": lambda: packed(HONEST, method=zipfile.ZIP_DEFLATED),
    "deflated well": lambda: packed(HONEST, method=zipfile.ZIP_DEFLATED, compresslevel=9),
    "in a folder": lambda: packed(folder("my model")),
    "in a folder, deflated": lambda: packed(folder("my model"), zipfile.ZIP_DEFLATED),
    "in folders": lambda: packed(folder("models/2024/best")),
    "names with ./": lambda: renamed(lambda name: f"./{name}"),
    "names with backslashes": lambda: renamed(lambda name: name.replace("/", "\\")),
    "with folders of their own": lambda: packed({"assets/": b"", "./": b""} | HONEST),
    "by macOS": lambda: packed(
        folder("model") | {"__MACOSX/model/._config.json": b"\0\5\26\7", "model/.DS_Store": b"Bud1", "model/._x": b"x"}
    ),
    "by Windows": lambda: packed(HONEST | {"Thumbs.db": b"x", "desktop.ini": b"x"}),
    "with a comment": lambda: packed(HONEST, comment=b"trained on Monday"),
    "with a comment that looks like an end": lambda: packed(HONEST, comment=b"see PK\5\6 and PK\1\2PK\5\6" + bytes(18) + b"x"),
    "with the longest comment": lambda: packed(HONEST, comment=b"PK\5\6" * 16383),
    "behind a program": lambda: b"#!/bin/sh\nunzip $0\n" + packed(HONEST),
    "behind a program, deflated": lambda: b"MZ" + bytes(5000) + packed(HONEST, method=zipfile.ZIP_DEFLATED),
    "behind an archive": lambda: packed({"readme.txt": b"x"}) + packed(HONEST),
    "with a byte behind it": lambda: packed(HONEST) + b"\n",
    "with zeros behind it": lambda: packed(HONEST) + bytes(512),
    "with sizes behind the members": lambda: streamed(zipfile.ZIP_STORED),
    "with sizes behind the members, deflated": lambda: streamed(zipfile.ZIP_DEFLATED),
    "as one of more than 4 GB": wide,
    "with a file of somebody's": lambda: packed(HONEST | {"notes.txt": b"good"}),
    "config with a byte order mark": lambda: packed(
        HONEST | {"config.json": b"\xef\xbb\xbf" + HONEST["config.json"]}
    ),
    "config in UTF-16": lambda: packed(HONEST | {"config.json": HONEST["config.json"].decode().encode("utf-16")}),
    "config by hand": lambda: packed(
        HONEST | {"config.json": json.dumps(json.loads(HONEST["config.json"]), indent=4).encode()}
    ),
    "weights of the latest version": lambda: packed(HONEST | {"model.weights.h5": as_newest_hdf5(HONEST["model.weights.h5"])}),
}  # fmt: skip


@pytest.mark.parametrize("row", ODD)
def test_archives_packed_again_open(row, tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(ODD[row]())
    expected = core.load_model(MODELS / "images.keras")
    model = core.load_model(path)
    for layer, other in zip(model.layers, expected.layers, strict=True):
        for name, value in other.parameters.items():
            np.testing.assert_array_equal(layer.parameters[name], value, strict=True)
    assert inspect(path)["opens"]
    learned = next(layer for layer in expected.layers if layer.parameters)
    whole = arrays(expected)
    learned.assign("kernel", np.zeros_like(learned.kernel))
    expected.load_weights(path)
    assert all(map(np.array_equal, arrays(expected), whole))


def changed(data, old, new):
    assert data.count(old) == 1
    return data.replace(old, new)


#: What is not an archive of one model, by name: its bytes, and what the error says.
NOT_ONE = {
    "empty": (lambda: b"", "it is empty"),
    "zeros": (lambda: bytes(5000), "begins with zeros"),
    "a pointer of Git LFS": (lambda: b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "git lfs pull"),
    "a web page": (lambda: b"\n<!DOCTYPE html>\n<html>", "web page"),
    "gzip": (lambda: b"\x1f\x8b\x08" + bytes(50), "gzip"),
    "a pickle": (lambda: b"\x80\x04\x95" + bytes(50), "pickle"),
    "TensorFlow Lite": (lambda: b"\x1c\0\0\0TFL3" + bytes(50), "Lite"),
    "an empty archive": (lambda: packed({}), "holds no config.json"),
    "a model in an archive": (lambda: packed({"best.keras": packed(HONEST)}), "unpack it, and open 'best.keras'"),
    "a SavedModel": (lambda: packed({"m/saved_model.pb": b"", "m/variables/variables.index": b""}), "SavedModel"),
    "two models": (lambda: packed(folder("a") | folder("b")), "holds no config.json"),
    "a project": (lambda: packed(folder("model") | {"train.py": b"x"}), "beside 'train.py'"),
    "cut": (lambda: packed(HONEST)[:-40], "was cut"),
    "cut in the middle": (lambda: packed(HONEST)[:3000], "was cut"),
    "two ends": (lambda: packed(HONEST, comment=packed(HONEST)), "two ends"),
    "a name twice, spelt otherwise": (lambda: packed(HONEST | {"./config.json": b"{}"}), "twice"),
    "a byte of the weights": (
        lambda: changed(packed(HONEST), WEIGHTS, WEIGHTS[:-1] + bytes([WEIGHTS[-1] ^ 1])), "checksum"
    ),
    "a checksum": (
        lambda: changed(packed({**HONEST, "config.json": b"{}"}), b"{}", b"[]"), "checksum"
    ),
}  # fmt: skip


@pytest.mark.parametrize("row", NOT_ONE)
def test_what_is_not_one_model_is_named(row, tmp_path):
    make, message = NOT_ONE[row]
    path = tmp_path / "model.keras"
    path.write_bytes(make())
    with pytest.raises(core.ModelFileError, match=message):
        core.load_model(path)
    assert message in inspect(path)["why_not"] or row == "empty"


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_byte_of_an_archive_counts(method, tmp_path):
    """No change of one byte is read as another model: it is an error, or changes nothing that is read."""
    members = {name: data for name, data in HONEST.items() if not name.startswith("assets")}
    data, path = packed(members, method), tmp_path / "model.keras"
    expected = arrays(core.load_model(MODELS / "images.keras"))
    refused = 0
    for position in np.random.default_rng(0).choice(len(data), 150, replace=False):
        path.write_bytes(data[:position] + bytes([data[position] ^ 0x41]) + data[position + 1 :])
        try:
            found = arrays(core.load_model(path))
        except core.KacaError:
            refused += 1
        else:
            assert all(map(np.array_equal, found, expected))
    assert refused > 100


def test_every_byte_of_a_checked_hdf5_file_counts():
    """The newer structures have checksums, and so have the chunks: what comes out is what went in, or an error."""
    expected = np.random.default_rng(0).normal(size=(40, 6)).astype(np.float32)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver="latest") as root:
        root.create_dataset(
            "g/x", data=expected, chunks=(8, 6), maxshape=(None, 6), fletcher32=True, compression="gzip"
        )
        root["g"].attrs["name"] = np.bytes_(b"layer")
    data = buffer.getvalue()
    refused = 0
    for position in range(0, len(data), 3):
        corrupted = data[:position] + bytes([data[position] ^ 0x41]) + data[position + 1 :]
        try:
            group = open_root(io.BytesIO(corrupted)).open("g")
            found, name = group.open("x").read(), group.attrs["name"]
        except (core.ModelFileError, KeyError):
            refused += 1
        else:
            assert np.array_equal(found, expected)
            assert name == b"layer"
    assert refused > len(data) / 3 / 4


@pytest.mark.parametrize(
    ("corrupt", "message"),
    [
        (lambda chunk: chunk[:-1], "no end"),
        (lambda chunk: chunk[:-4], "no end"),
        (lambda chunk: chunk + b"x", "go on behind"),
        (lambda chunk: chunk + chunk, "go on behind"),
        (lambda chunk: chunk[:-4] + bytes(4), "damaged"),
        (lambda chunk: b"\0" + chunk, "damaged"),
        (lambda chunk: zlib.compress(zlib.decompress(chunk) + b"x"), "or more"),
        (lambda chunk: zlib.compress(zlib.decompress(chunk)[:-1]), "or more"),
        (lambda chunk: chunk[:2], "no end"),
    ],
)
@pytest.mark.parametrize("libver", [None, "latest"])
def test_a_chunk_of_gzip_is_whole_and_nothing_else(corrupt, message, libver):
    expected = np.random.default_rng(0).normal(size=60).astype(np.float32)
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=libver) as root:
        array = root.create_dataset("x", data=expected, chunks=(20,), compression="gzip")
        array.id.write_direct_chunk((20,), corrupt(zlib.compress(expected[20:40].tobytes())))
    with pytest.raises(core.ModelFileError, match=message):
        open_root(buffer).open("x").read()


def test_a_chunk_whose_checksum_is_wrong():
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as root:
        array = root.create_dataset("x", data=np.arange(60.0), chunks=(20,), fletcher32=True)
        _, chunk = array.id.read_direct_chunk((20,))
        array.id.write_direct_chunk((20,), bytes([chunk[0] ^ 1]) + chunk[1:])
    with pytest.raises(core.ModelFileError, match="fletcher32"):
        open_root(buffer).open("x").read()


def npz(method=np.savez, **arrays):
    buffer = io.BytesIO()
    method(buffer, **arrays)
    return buffer


@pytest.mark.parametrize("method", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    "value", [np.arange(12.0).reshape(3, 4), np.asfortranarray(np.arange(12.0).reshape(3, 4)), np.float32(3), np.zeros((0, 3)),
              np.zeros(3, bool), np.arange(5, dtype=">i4"), np.arange(2**18, dtype=np.uint8)]
)  # fmt: skip
def test_npz_comes_back(method, value):
    found = Npz(npz(method, a=value, b=np.zeros(1)))["a"]
    np.testing.assert_array_equal(found, value, strict=True)


@pytest.mark.parametrize(
    "value", [np.array([{}], object), np.array(["a"]), np.zeros(1, "c8"), np.zeros(2, [("a", "f4")])]
)
def test_npz_of_anything_but_numbers_is_refused(value):
    with pytest.raises(core.KacaError):
        Npz(npz(a=value))["a"]


def test_weights_of_zeros_open_however_well_they_are_packed(tmp_path):
    """What an untrained embedding, or biases, become: forty megabytes of nothing in a file of kilobytes."""
    layers = [core.layers.Dense(2000)]
    model = core.Sequential(layers, batch_shape=(None, 5000))
    model.build()
    model.layers[0].assign("kernel", np.zeros((5000, 2000), np.float32))
    model.layers[0].assign("bias", np.zeros(2000, np.float32))
    model.save(tmp_path / "plain.keras")
    members = members_of(tmp_path / "plain.keras")
    inner = as_newest_hdf5(members["model.weights.h5"])
    for name, data in {
        "deflated": packed(members, zipfile.ZIP_DEFLATED),
        "gzip": packed(members | {"model.weights.h5": inner}),
    }.items():
        path = tmp_path / f"{name}.keras"
        path.write_bytes(data)
        assert path.stat().st_size < 2**18
        assert not core.load_model(path).layers[0].kernel.any()
