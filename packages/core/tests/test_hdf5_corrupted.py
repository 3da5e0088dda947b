"""HDF5 files corrupted behind their checksums: what was made to look right is refused as well, and by our own error.

A flipped bit fails a checksum before anything is read, so the checksums are taken as right here; otherwise no test would
reach what stands behind them.
"""

import io
from random import Random

import h5py
import numpy as np
import pytest
from corruption import corrupt_bytes

import core
from core.files.hdf5_format import Dataset, fractal_heap, open_root
from core.files.hdf5_format.reader import Reader

GZIP = {"compression": "gzip"}
#: By name: shape and options of an array, or the number of members of a group.
FILES = {
    "single chunk": ((40, 6), {"chunks": (40, 6), **GZIP}),
    "fixed array": ((40, 6), {"chunks": (7, 3)}),
    "fixed array in pages": ((1500,), {"chunks": (1,), **GZIP}),
    "extensible array": ((300,), {"chunks": (1,), "maxshape": (None,)}),
    "tree": ((40, 6), {"chunks": (7, 1), "maxshape": (None, None), "shuffle": True, "fletcher32": True, **GZIP}),
    "small group": 5,
    "large group": 400,
}


def make(row, libver):
    buffer = io.BytesIO()
    with h5py.File(buffer, "w", libver=libver) as root:
        if isinstance(FILES[row], int):
            for index in range(FILES[row]):
                root[f"layer_{index}"] = index
                root.attrs[f"option_{index}"] = f"value {index}"
        else:
            shape, options = FILES[row]
            root.create_dataset("x", data=np.random.default_rng(0).normal(size=shape).astype(np.float32), **options)
    return buffer.getvalue()


def read_all(data):
    root = open_root(io.BytesIO(data))
    dict(root.attrs)
    for name, link in root.links.items():
        if link.kind == "hard link" and isinstance(member := root.open(name), Dataset):
            member.read()


@pytest.fixture
def without_checksums(monkeypatch):
    def read(self, address, count, signature):
        self.check(address, count + 4)
        self.budget.charge_work(count)
        return self.read(address, count + 4, signature)[:count]

    class Right(int):
        __hash__ = int.__hash__

        def __ne__(self, other):
            return False

    monkeypatch.setattr(Reader, "read_checked", read)
    monkeypatch.setattr(fractal_heap, "lookup3", lambda data: Right())


@pytest.mark.parametrize("libver", [None, "latest"])
@pytest.mark.parametrize("row", FILES)
def test_corrupted_files_end_in_our_own_error(row, libver, without_checksums):
    honest = make(row, libver)
    read_all(honest)
    refused = 0
    for seed in range(60):
        try:
            read_all(corrupt_bytes(honest, Random(seed)))
        except core.ModelFileError:
            refused += 1
    assert refused
