"""Reading ``.npz``: a zip of arrays, each refused unless its header says what the model expects. Nothing is unpickled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError, WeightMismatchError

#: Numbers in text form before the data of one array: magic, version, a dict of shape and type.
_LARGEST_HEADER = 10_000


class Npz(Mapping[str, Array]):
    """The arrays of an npz file by name, read one at a time by `read`."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file)
        self._names = {info.filename.removesuffix(".npy"): info for info in self._zip.infolist()}
        if len(self._names) != len(self._zip.infolist()):
            raise ModelFileError("the npz file holds a name twice")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Array:
        return self.read(name, None, name)

    def read(self, name: str, shape: tuple[int, ...] | None, what: str) -> Array:
        """Read an array of numbers whose shape must be `shape`; `what` names it in errors."""
        info = self._names[name]
        with self._zip.open(info) as member:
            head = io.BytesIO(member.read(_LARGEST_HEADER))
        version = np.lib.format.read_magic(head)
        read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        found, _, dtype = read_header(head)
        if dtype.kind not in "fiub":
            raise WeightMismatchError(f"{what}: expected numbers, the file holds {dtype}: pickled objects are refused")
        if shape is not None and found != shape:
            raise WeightMismatchError(f"{what}: the model expects the shape {shape}, the file holds {found}")
        if info.file_size != head.tell() + int(np.prod(found, dtype=object)) * dtype.itemsize:
            raise ModelFileError(f"{what}: its header and its size disagree")
        with self._zip.open(info) as member:
            return np.lib.format.read_array(member, allow_pickle=False)
