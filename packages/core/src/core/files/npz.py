"""Reading ``.npz``: a zip of arrays, each refused unless its header says what the model expects. Nothing is unpickled."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError, WeightMismatchError
from core.files.budget import Budget
from core.files.zip_members import Stream, Zip

#: What NumPy writes before the numbers: magic, version, length, and a dict of type, order and shape as text.
_MAGIC = re.compile(rb"\x93NUMPY([\x01-\x03])\x00")
_HEADER = re.compile(
    rb"\{'descr': '([^']{1,20})', 'fortran_order': (True|False), 'shape': \(((?:\d{1,20}, ?)*(?:\d{1,20})?)\), \} *\n"
)
_LARGEST_HEADER = 10_000


def holds_arrays(file: BinaryIO) -> bool:
    """Return whether a zip archive holds arrays and nothing else, as an npz file does."""
    names = [member.name for member in Zip(file).files()]
    return bool(names) and all(name.endswith(".npy") for name in names)


class Npz(Mapping[str, Array]):
    """The arrays of an npz file by name, read one at a time by `read`."""

    def __init__(self, file: BinaryIO, budget: Budget | None = None) -> None:
        self._zip = Zip(file, budget)
        files = self._zip.files()
        self._names = {member.name.removeprefix("./").removesuffix(".npy"): member for member in files}
        if len(self._names) != len(files):
            raise ModelFileError("the npz file holds a name twice")

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __getitem__(self, name: str) -> Array:
        return self.read(name, None, name)

    def header(self, name: str, what: str) -> tuple[tuple[int, ...], np.dtype, bool, int]:
        """Read the shape of an array, its type, whether its first axis is the fastest, and where its numbers begin."""
        return self._header(self._zip.stream(self._names[name]), what)

    def _header(self, stream: Stream, what: str) -> tuple[tuple[int, ...], np.dtype, bool, int]:
        head = stream.read(12)
        magic = _MAGIC.match(head)
        start = 10 if magic and magic[1] == b"\x01" else 12
        end = start + int.from_bytes(head[8:start], "little")
        if magic and len(head) < end <= _LARGEST_HEADER:
            head += stream.read(end - len(head))
        found = _HEADER.fullmatch(head, start, end) if magic and end <= len(head) else None
        if found is None:
            raise ModelFileError(f"{what}: not an array of numbers as NumPy writes it: {head[:100]!r}")
        description = found[1].decode("ascii", errors="replace")
        if not re.fullmatch(r"[<>|]?(f[248]|[iu][1248]|b1)", description):
            raise WeightMismatchError(
                f"{what}: expected numbers, the file holds {description}: pickled objects are refused"
            )
        shape = tuple(int(size) for size in found[3].replace(b" ", b"").split(b",") if size)
        return shape, np.dtype(description), found[2] == b"True", end

    def read(self, name: str, shape: tuple[int, ...] | None, what: str) -> Array:
        """Read an array of numbers whose shape must be `shape`; `what` names it in errors."""
        member = self._names[name]
        stream = self._zip.stream(member)
        found, dtype, first_fastest, start = self._header(stream, what)
        if shape is not None and found != shape:
            raise WeightMismatchError(f"{what}: the model expects the shape {shape}, the file holds {found}")
        if member.size != start + math.prod(found) * dtype.itemsize:
            raise ModelFileError(f"{what}: its header and its size disagree")
        self._zip.require(member)
        try:
            array = np.empty(found[::-1] if first_fastest else found, dtype)
        except (ValueError, MemoryError) as error:
            raise ModelFileError(f"{what}: an array of shape {found} cannot be made here: {error}") from error
        stream.fill(array.reshape(-1).view(np.uint8).data)
        stream.finish()
        return array.T if first_fastest else array
