"""HDF5 is read in Python: what h5py writes comes back bit by bit, and what Keras never writes is refused by name."""

import io
import zlib

import h5py
import numpy as np
import pytest

import core
from core.files.hdf5_format import open_root

OPTIONS = {
    "contiguous": {},
    "chunked": {"chunks": (7, 3)},
    "may grow": {"maxshape": (None, None)},
    "gzip": {"compression": "gzip"},
    "gzip and shuffle": {"compression": "gzip", "shuffle": True, "chunks": (8, 5)},
    "shuffle alone": {"shuffle": True},
}
DTYPES = ["float32", "float64", "float16", ">f4", "int8", "int64", "uint16", "bool"]


def written(write, **how):
    """The root of a file that `write(root)` filled, as our reader sees it."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **how) as root:
        write(root)
    return open_root(buffer)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=list(OPTIONS))
@pytest.mark.parametrize("dtype", DTYPES)
def test_arrays_come_back(options, dtype):
    expected = np.random.default_rng(0).normal(scale=30, size=(50, 13)).astype(dtype)
    found = written(lambda root: root.create_dataset("a/b", data=expected, **options)).open("a").open("b")
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found.read().astype(dtype), expected, strict=True)


@pytest.mark.parametrize("value", [3.5, [], np.zeros((0, 4)), np.arange(3)])
def test_scalars_and_empty_arrays_come_back(value):
    found = written(lambda root: root.create_dataset("x", data=value)).open("x").read()
    np.testing.assert_array_equal(found, np.asarray(value), strict=True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("text", b"text"),
        ("teks é", "teks é".encode()),
        ("", b""),
        ("x" * 300_000, b"x" * 300_000),
        (np.bytes_(b"fixed"), b"fixed"),
        (["a", "bc", ""], [b"a", b"bc", b""]),
        (np.array([b"a", b"bcd"]), [b"a", b"bcd"]),
        (np.array([], dtype="S1"), []),
    ],
)
def test_attributes_come_back(value, expected):
    assert written(lambda root: root.attrs.update({"name": value})).attrs["name"] == expected


def test_a_group_of_thousands_has_a_tree_of_several_levels():
    def write(root):
        for index in range(3000):
            root[f"layer_{index}"] = np.full(2, index)

    root = written(write)
    assert len(root) == 3000
    assert all(root.open(f"layer_{index}").read()[0] == index for index in range(0, 3000, 97))


def test_one_small_chunk_that_unpacks_to_gigabytes():
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(400)) + packer.flush()

    def write(root):
        bomb = root.create_dataset("x", (2**19,), "float32", chunks=(2**19,), compression="gzip")
        bomb.id.write_direct_chunk((0,), packed)

    with pytest.raises(core.ModelFileError, match="a chunk should have 2,097,152 bytes"):
        written(write).open("x").read()


def test_a_chunk_much_larger_than_its_array():
    def write(root):
        root.create_dataset("x", (4,), "float32", chunks=(2**28,), maxshape=(None,), compression="gzip")

    with pytest.raises(core.ModelFileError, match="do not fit"):
        written(write).open("x").read()
