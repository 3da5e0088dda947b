"""How much a file may ask for before anything of it is believed: each part of it, and all of them together.

One budget goes through everything that is opened within a file (the archive, its weights, its vocabularies), so that
many small demands, each of them allowed, do not add up to a large one.
"""

from __future__ import annotations

import errno
import io
import os
from typing import BinaryIO

from core.errors import ModelFileError

#: The largest config that is parsed, in bytes; that of NASNetLarge, with a thousand layers, is a fifth of it.
LARGEST_JSON = 8 * 2**20
#: Lists and objects in a config: three bytes of it make one, which takes a hundred bytes of memory.
MOST_JSON_NESTS = 500_000
#: Layers that a config describes, cells and layers inside others included; tensors that its calls name; and values in its
#: lists (a key counts as two, a constant of a call as three). So many of one kind, or parts of each: every one of the
#: three amounts takes about a second to build.
MOST_LAYERS = 12_000
MOST_TENSORS = 40_000
MOST_VALUES = 1_000_000
#: The largest member that may be compressed. Keras stores its members; a small file that unpacks to more is a bomb.
LARGEST_COMPRESSED = 64 * 2**20
#: The list of members of a zip archive, in bytes: about a hundred a member.
LARGEST_DIRECTORY = 2 * 2**20
#: The largest file beside the weights (a vocabulary), in bytes, and its lines: half a gigabyte of Python objects else.
LARGEST_ASSET = 16 * 2**20
MOST_LINES = 1_000_000
#: Parameters may take this many times the size of the file (half precision doubles, filters compress) ...
LARGEST_GROWTH = 4
#: ... and this much more.
ALWAYS_ALLOWED = 64 * 2**20

#: Groups of an HDF5 file that are looked at: some five a layer, so enough for networks of ten thousand layers.
MOST_GROUPS = 50_000
#: Members of one group of an HDF5 file.
MOST_LINKS = 50_000
#: What an HDF5 file may need to describe its arrays, in bytes: NASNetLarge takes a tenth of it.
LARGEST_METADATA = 32 * 2**20

#: Bytes of memory that one byte of JSON, and one line of a vocabulary, become at worst as Python objects.
_JSON_GROWTH, _LINE_BYTES = 8, 80
#: Holes of a sparse file that are looked for; one with more is charged as if the rest were empty.
_MOST_EXTENTS = 1_000


class Allowance:
    """Bytes of one kind, of which a file may ask for a few times its own size."""

    def __init__(self, size: int, what: str) -> None:
        self._left = LARGEST_GROWTH * size + ALWAYS_ALLOWED
        self._size, self._what = size, what

    def require(self, count: int) -> None:
        """Raise `ModelFileError` unless `count` bytes are left, without taking them yet."""
        if count > self._left:
            raise ModelFileError(
                f"the file has {self._size:,} bytes, and asks for more than {LARGEST_GROWTH} times as many to be "
                f"{self._what} (beyond the {ALWAYS_ALLOWED:,} that are always allowed)"
            )

    def charge(self, count: int) -> None:
        """Take `count` bytes."""
        self.require(count)
        self._left -= count


class Budget:
    """What is left of the bytes and of the work that a file may ask for."""

    def __init__(self, size: int) -> None:
        #: Bytes that are read as they are: each may be read a few times, but not the same ones without end.
        self.read = Allowance(size, "read")
        #: Bytes that are made of others: unpacked, or turned into Python objects.
        self.unpacked = Allowance(size, "unpacked")
        self._work_left = LARGEST_METADATA
        self._lines_left = MOST_LINES

    @classmethod
    def of(cls, file: BinaryIO) -> Budget:
        """Make the budget of an open file."""
        return cls(count_bytes(file))

    def charge_work(self, units: int) -> None:
        """Count work on the structure of the file; a unit takes about as long as a byte of it, some 40 ns."""
        self._work_left -= units
        if self._work_left < 0:
            raise ModelFileError(f"the file describes its content in more than {LARGEST_METADATA:,} bytes")

    def charge_json(self, count: int) -> None:
        """Count bytes of JSON that become Python objects."""
        self.charge_work(2 * count)
        self.unpacked.charge(_JSON_GROWTH * count)

    def charge_lines(self, count: int) -> None:
        """Count lines of text that become Python objects."""
        self._lines_left -= count
        if self._lines_left < 0:
            raise ModelFileError(f"the vocabularies have more than {MOST_LINES:,} lines")
        self.unpacked.charge(_LINE_BYTES * count)


def count_bytes(file: BinaryIO) -> int:
    """Count the bytes that a file really has: the holes of a sparse one cost its maker nothing, and count for nothing."""
    size = file.seek(0, io.SEEK_END)
    try:
        handle = file.fileno()
        before = os.lseek(handle, 0, os.SEEK_CUR)  # which the buffer of `file` relies on
    except (OSError, AttributeError):  # in memory
        return size
    try:
        return min(size, _count_extents(handle, size))
    except (OSError, AttributeError):  # a system that does not tell
        return size
    finally:
        os.lseek(handle, before, os.SEEK_SET)


def _count_extents(handle: int, size: int) -> int:
    """Count the bytes of an open file that are no hole."""
    counted, position = 0, 0
    for _ in range(_MOST_EXTENTS):
        try:
            start = os.lseek(handle, position, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            break  # nothing but a hole to the end
        position = os.lseek(handle, start, os.SEEK_HOLE)
        counted += position - start
        if position >= size:
            break
    return counted
