"""Every way in which h5py can lay out a file comes back bit by bit, whatever version of the format it writes.

What Keras never writes is refused by name.
"""

import io
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest

import core
from core.files.hdf5_format import open_root

LIBVERS = [None, "earliest", "v108", "v110", "v112", "v114", "latest"]
GZIP = {"compression": "gzip", "compression_opts": 4}
#: By name: shape and options of an array; among them one for each index of chunks that the format has.
ARRAYS = {
    "contiguous": ((50, 13), {}),
    "one number": ((), {}),
    "chunks of HDF5's choice": ((50, 13), {"maxshape": (None, None)}),
    "nothing": ((0, 4), {}),
    "one axis of nothing that grows": ((0,), {"maxshape": (None,), "chunks": (4,)}),
    "filled beforehand": ((9, 9), {"fillvalue": 7}),
    "single chunk": ((50, 13), {"chunks": (50, 13)}),
    "single chunk, gzip": ((50, 13), {"chunks": (50, 13), **GZIP}),
    "single chunk, larger than the array": ((5, 3), {"chunks": (8, 8), "maxshape": (8, 8), **GZIP}),
    "fixed array": ((50, 13), {"chunks": (7, 3)}),
    "fixed array, gzip": ((50, 13), {"chunks": (7, 3), **GZIP}),
    "fixed array in pages": ((4000,), {"chunks": (1,)}),
    "fixed array in pages, gzip": ((3000,), {"chunks": (1,), **GZIP}),
    "fixed array that may grow to a limit": ((50, 13), {"chunks": (7, 3), "maxshape": (91, 40)}),
    "extensible array": ((50, 13), {"chunks": (7, 3), "maxshape": (None, 13)}),
    "extensible array along the last axis": ((5, 6, 70), {"chunks": (2, 3, 4), "maxshape": (5, 9, None), **GZIP}),
    "extensible array, blocks named in the index": ((40,), {"chunks": (1,), "maxshape": (None,)}),
    "extensible array, super blocks": ((5000,), {"chunks": (1,), "maxshape": (None,)}),
    "extensible array, super blocks, gzip": ((5000,), {"chunks": (2,), "maxshape": (None,), **GZIP}),
    "tree": ((50, 13), {"chunks": (7, 3), "maxshape": (None, None)}),
    "tree, gzip": ((50, 13), {"chunks": (7, 3), "maxshape": (None, None), **GZIP}),
    "tree of several levels": ((120, 90), {"chunks": (1, 2), "maxshape": (None, None)}),
    "tree of several levels, gzip": ((60, 90), {"chunks": (1, 1), "maxshape": (None, None), **GZIP}),
    "shuffle": ((50, 13), {"chunks": (7, 3), "shuffle": True}),
    "shuffle, gzip": ((50, 13), {"chunks": (7, 3), "shuffle": True, **GZIP}),
    "fletcher32": ((50, 13), {"chunks": (7, 3), "fletcher32": True}),
    "shuffle, gzip, fletcher32": ((50, 13), {"chunks": (7, 3), "shuffle": True, "fletcher32": True, **GZIP}),
    "large and checked": ((300, 400), {"chunks": (150, 200), "fletcher32": True, "maxshape": (None, 400)}),
    "six axes": ((2, 3, 2, 3, 2, 3), {"chunks": (1, 2, 1, 2, 1, 2), **GZIP}),
}
#: Options of an array whose numbers are of any type.
OPTIONS = [
    {},
    {"chunks": (7, 3)},
    {"maxshape": (None, None)},
    {"compression": "gzip"},
    {"compression": "gzip", "shuffle": True, "chunks": (8, 5)},
    {"shuffle": True},
    {"chunks": (7, 3), "shuffle": True, "fletcher32": True, "compression": "gzip"},
]
DTYPES = ["float32", "float64", "float16", ">f4", ">i8", "int8", "int64", "uint16", "bool", "S5", "V2"]


def written(write, **how):
    """The root of a file that `write(root)` filled, as our reader sees it."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", **how) as root:
        write(root)
    return open_root(buffer)


def values(shape, dtype):
    """Numbers of a type, of which no two chunks hold the same."""
    numbers = np.random.default_rng(0).normal(scale=30, size=shape)
    if np.dtype(dtype).kind == "V":
        return (numbers * 100).astype(np.int16).view(dtype).reshape(shape)
    return np.asarray(numbers.astype(dtype))


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize("row", ARRAYS)
def test_arrays_of_every_layout(row, libver):
    shape, options = ARRAYS[row]
    expected = values(shape, "float32")
    root = written(lambda root: root.create_dataset("x", data=expected, **options), libver=libver)
    np.testing.assert_array_equal(root.open("x").read(), expected, strict=True)


@pytest.mark.parametrize("libver", [None, "earliest", "latest"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_types_in_every_version(dtype, libver):
    expected = values((50, 13), dtype)

    def write(root):
        for number, options in enumerate(OPTIONS):
            root.create_dataset(f"a/{number}", data=expected, **options)

    group = written(write, libver=libver).open("a")
    for number in range(len(OPTIONS)):
        found = group.open(str(number))
        assert found.shape == expected.shape
        numbers = found.read()
        np.testing.assert_array_equal(numbers.view(bool) if dtype == "bool" else numbers, expected)
        np.testing.assert_array_equal(numbers.astype(dtype), expected, strict=True)


@pytest.mark.parametrize("value", [3.5, [], np.zeros((0, 4)), np.arange(3)])
def test_scalars_and_empty_arrays(value):
    found = written(lambda root: root.create_dataset("x", data=value)).open("x").read()
    np.testing.assert_array_equal(found, np.asarray(value), strict=True)


def test_chunks_in_a_row(tmp_path):
    """Space for all chunks at once and no filters: the format needs no list of them."""
    expected = values((50, 13), "float64")

    def write(root):
        options = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        options.set_chunk((7, 3))
        options.set_alloc_time(h5py.h5d.ALLOC_TIME_EARLY)
        array = h5py.h5d.create(
            root.id, b"x", h5py.h5t.NATIVE_DOUBLE, h5py.h5s.create_simple((50, 13), (60, 20)), options
        )
        array.write(h5py.h5s.ALL, h5py.h5s.ALL, expected)

    with h5py.File(tmp_path / "x.h5", "w", libver="latest") as root:  # in memory the unused end would be missing
        write(root)
    with (tmp_path / "x.h5").open("rb") as file:
        np.testing.assert_array_equal(open_root(file).open("x").read(), expected, strict=True)


def test_an_array_that_shrank_and_grew():
    expected = values((90, 20), "float32")

    def write(root):
        array = root.create_dataset("x", (200, 20), "float32", chunks=(8, 8), maxshape=(None, 20))
        array[...] = 1
        array.resize((30, 20))
        array.resize((90, 20))
        array[...] = expected

    for libver in (None, "latest"):
        np.testing.assert_array_equal(written(write, libver=libver).open("x").read(), expected, strict=True)


def test_a_chunk_that_gzip_was_left_out_of():
    expected = np.arange(12, dtype=np.float32)

    def write(root):
        array = root.create_dataset("x", (12,), "float32", chunks=(6,), shuffle=True, compression="gzip")
        array[...] = expected
        array.id.write_direct_chunk((6,), expected[6:].tobytes(), filter_mask=3)

    for libver in (None, "latest"):
        np.testing.assert_array_equal(written(write, libver=libver).open("x").read(), expected, strict=True)


@pytest.mark.parametrize("libver", [None, "v108", "latest"])
@pytest.mark.parametrize("track_order", [False, True])
@pytest.mark.parametrize("count", [1, 7, 9, 60, 700, 5000])
def test_groups_of_any_size(libver, track_order, count):
    names = [f"layer_{index}" * (1 + index % 3) for index in range(count)]

    def write(root):
        group = root.create_group("g", track_order=track_order)
        group["numbers"] = np.arange(3)
        for name in names:
            group[name] = group["numbers"]  # one more name of it is cheaper than one more group

    group = written(write, libver=libver).open("g")
    assert sorted(group) == sorted([*names, "numbers"])
    assert len({group.links[name].address for name in group}) == 1


def test_each_name_of_thousands_leads_to_its_own_array():
    root = written(lambda root: [root.create_dataset(f"layer_{n}", data=np.full(2, n)) for n in range(3000)])
    assert len(root) == 3000
    assert all(root.open(f"layer_{index}").read()[0] == index for index in range(0, 3000, 97))


ATTRIBUTES = {
    "text": ("teks é", "teks é".encode()),
    "plain text": ("text", b"text"),
    "empty text": ("", b""),
    "long text": ("x" * 300_000, b"x" * 300_000),
    "fixed text": (np.bytes_(b"fixed"), b"fixed"),
    "texts": (["a", "bc", ""], [b"a", b"bc", b""]),
    "fixed texts": (np.array([b"a", b"bcd"]), [b"a", b"bcd"]),
    "names as Keras cuts them": (np.array([b"conv2d_%04d" % n for n in range(5000)]), [b"conv2d_%04d" % n for n in range(5000)]),
    "no texts": (np.array([], dtype="S1"), []),
    "number": (3.5, np.float64(3.5)),
    "numbers": (np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4)),
    "nothing": (h5py.Empty("f4"), np.zeros(0, "f4")),
}  # fmt: skip


@pytest.mark.parametrize("libver", LIBVERS)
@pytest.mark.parametrize("track_order", [False, True])
def test_attributes_few_and_many(libver, track_order):
    many = {f"option_{index}": f"value {index}" for index in range(300)}

    def write(root):
        for name, (value, _) in ATTRIBUTES.items():
            root.create_group(name, track_order=track_order).attrs["value"] = value
        root.create_group("many", track_order=track_order).attrs.update(many)
        root.create_dataset("array", data=np.zeros(2), track_order=track_order).attrs.update(many)

    root = written(write, libver=libver)
    for name, (_, expected) in ATTRIBUTES.items():
        found = root.open(name).attrs["value"]
        assert found == expected if isinstance(expected, bytes | list) else np.array_equal(found, expected), name
    for name in ("many", "array"):
        assert dict(root.open(name).attrs) == {key: value.encode() for key, value in many.items()}


@pytest.mark.parametrize("count", [200_000, 70_000])
def test_an_attribute_larger_than_a_header_can_hold(count):
    """Newer versions allow it: such a value stands in the heap as a huge object."""
    expected = np.arange(count, dtype=np.float64)
    root = written(lambda root: root.attrs.update({"a": expected, "b": expected[:20_000]}), libver="latest")
    np.testing.assert_array_equal(root.attrs["a"], expected)
    np.testing.assert_array_equal(root.attrs["b"], expected[:20_000])


@pytest.mark.parametrize("size", [512, 1024, 8192])
@pytest.mark.parametrize("libver", [None, "latest"])
def test_a_block_of_the_user_before_the_file(size, libver):
    expected = values((50, 13), "float32")
    root = written(lambda root: root.create_dataset("a/x", data=expected, **GZIP), userblock_size=size, libver=libver)
    np.testing.assert_array_equal(root.open("a").open("x").read(), expected)


@pytest.mark.parametrize("libver", [None, "latest"])
def test_bytes_put_before_a_file_afterwards(libver):
    """Addresses count from where the file begins, wherever it was when it was written."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=libver) as root:
        root["x"] = np.arange(9.0)
    np.testing.assert_array_equal(
        open_root(io.BytesIO(bytes(2048) + buffer.getvalue())).open("x").read(), np.arange(9.0)
    )


def n_bit(root):
    options = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    options.set_chunk((5,))
    options.set_filter(h5py.h5z.FILTER_NBIT, h5py.h5z.FLAG_OPTIONAL, ())
    kind = h5py.h5t.NATIVE_FLOAT.copy()
    h5py.h5d.create(root.id, b"x", kind, h5py.h5s.create_simple((20,)), options)


def plugin(number, name):
    def write(root):
        options = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        options.set_chunk((5,))
        options.set_filter(number, h5py.h5z.FLAG_OPTIONAL, (1, 2, 3))
        h5py.h5d.create(root.id, b"x", h5py.h5t.NATIVE_FLOAT, h5py.h5s.create_simple((20,)), options)

    return write, f"compressed by {name}"


def of_type(change):
    """A file with one array of numbers whose type `change` made another."""

    def write(root):
        kind = h5py.h5t.NATIVE_FLOAT.copy()
        change(kind)
        h5py.h5d.create(root.id, b"x", kind, h5py.h5s.create_simple((4,))).write(
            h5py.h5s.ALL, h5py.h5s.ALL, np.zeros(4, "f4")
        )

    return write


def brain_float(kind):
    kind.set_fields(15, 7, 8, 0, 7)
    kind.set_size(2)
    kind.set_ebias(127)


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda root: root.create_dataset("x", data=np.arange(20.0), compression="lzf"), "compressed by lzf"),
        (lambda root: root.create_dataset("x", data=np.arange(20), chunks=(5,), scaleoffset=3), "compressed by scaleoffset"),
        (n_bit, "compressed by nbit"),
        plugin(32001, "blosc"),
        plugin(32015, "zstd"),
        plugin(32004, "lz4"),
        plugin(307, "bzip2"),
        plugin(40_000, "filter 40000"),
        (of_type(brain_float), "floats of 2 bytes in an unusual layout"),
        (of_type(lambda kind: kind.set_fields(0, 24, 8, 1, 23)), "floats of 4 bytes in an unusual layout"),
        (of_type(lambda kind: kind.set_ebias(126)), "floats of 4 bytes in an unusual layout"),
        (of_type(lambda kind: kind.set_norm(h5py.h5t.NORM_NONE)), "floats of 4 bytes in an unusual layout"),
        (lambda root: root.create_dataset("x", data=np.zeros(2, "c8")), "records"),
        (lambda root: root.create_dataset("x", data=np.zeros(2, [("a", "f4")])), "records"),
        (lambda root: root.create_dataset("x", data=np.zeros(2, np.longdouble)), "floats of 16 bytes"),
        (lambda root: root.create_dataset("x", (2,), h5py.ref_dtype), "references"),
        (lambda root: root.create_dataset("x", (2,), h5py.vlen_dtype("f4")), "lists of any length"),
        (lambda root: root.create_dataset("x", (2,), np.dtype(("f4", (3,)))), "arrays"),
        (lambda root: root.create_dataset("x", data=["a", "b"]), "texts"),
        (lambda root: root.create_dataset("x", (8, 8), chunks=(4, 4)), "no data"),
        (lambda root: root.create_dataset("x", (8, 8)), "no data"),
        (lambda root: root.create_dataset("x", (4,), chunks=(2**28,), maxshape=(None,), compression="gzip"), "do not fit"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("libver", [None, "latest"])
def test_what_keras_never_writes_is_refused(write, message, libver):
    with pytest.raises(core.ModelFileError, match=message):
        written(write, libver=libver).open("x").read()


def test_one_small_chunk_that_unpacks_to_gigabytes():
    packer = zlib.compressobj(1)
    packed = b"".join(packer.compress(bytes(2**20)) for _ in range(400)) + packer.flush()

    def write(root):
        bomb = root.create_dataset("x", (2**19,), "float32", chunks=(2**19,), compression="gzip")
        bomb.id.write_direct_chunk((0,), packed)

    with pytest.raises(core.ModelFileError, match="a chunk should have 2,097,152 bytes"):
        written(write).open("x").read()


def test_a_file_of_hdf5_2():
    """Written by h5py 3.16 with HDF5 2.0 and ``libver="latest"``, whose arrays have yet another layout."""
    with (Path(__file__).parent / "hdf5_files" / "hdf5_2.0.h5").open("rb") as file:
        root = open_root(file)
        expected = np.arange(60, dtype=np.float32).reshape(12, 5)
        for name in ("plain", "single", "fixed", "extensible", "tree", "unfiltered"):
            np.testing.assert_array_equal(root.open(name).read(), expected, strict=True)
        assert root.open("bool").read().tolist() == [1, 0, 1]
        assert dict(root.attrs) == {"names": [b"conv2d", b"dense_1"], "text": b"teks"}
