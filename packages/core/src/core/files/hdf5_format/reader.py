"""The bytes of an HDF5 file: a read is checked against the file's size, and all reads together against a budget."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

from core.errors import ModelFileError
from core.files.budget import Budget
from core.files.hdf5_format.checksums import lookup3

#: The address that means "nowhere".
NOWHERE = 2**64 - 1
#: What one read costs beside its bytes, and a byte whose checksum is computed, in units of work.
_READ, _CHECKED = 96, 5


def number(data: bytes | bytearray, start: int, size: int = 8) -> int:
    """Read an unsigned little-endian integer of `size` bytes; raises `ModelFileError` where `data` ends before it."""
    if not 0 <= start <= len(data) - size:
        raise ModelFileError("the HDF5 structure ends in the middle of a number")
    return int.from_bytes(data[start : start + size], "little")


def count_bytes_of(largest: int) -> int:
    """Return in how many bytes HDF5 writes numbers up to `largest`."""
    return (max(largest, 1).bit_length() - 1) // 8 + 1


class Reader:
    """A file that can be read at any address; addresses count from `origin`, where the HDF5 file begins in it."""

    def __init__(self, file: BinaryIO, origin: int = 0, budget: Budget | None = None) -> None:
        self.budget = budget or Budget.of(file)
        self.size = file.seek(0, io.SEEK_END) - origin
        #: Heaps of texts that were read, by address: number of a text -> the text.
        self.heaps: dict[int, dict[int, memoryview]] = {}
        #: Objects that were opened, by address.
        self.objects: dict[int, Any] = {}
        self._file, self._origin = file, origin

    def check(self, address: int, count: int) -> None:
        """Raise `ModelFileError` unless `count` bytes at `address` lie inside the file."""
        if not 0 <= address <= self.size - count or count < 0:
            raise ModelFileError(f"the HDF5 file points at byte {address} + {count}, but has only {self.size}")

    def read(self, address: int, count: int, signature: bytes = b"") -> bytes:
        """Read structure: `count` bytes, which must begin with `signature`."""
        self.check(address, count)
        self.charge(count)
        self._file.seek(self._origin + address)
        data = self._file.read(count)
        if len(data) != count or not data.startswith(signature):
            raise ModelFileError(f"the HDF5 file is damaged at byte {address}: expected {signature!r}")
        return data

    def read_checked(self, address: int, count: int, signature: bytes) -> bytes:
        """Read structure of `count` bytes, behind which its checksum stands."""
        self.check(address, count + 4)
        self.budget.charge_work(_CHECKED * count)
        data = self.read(address, count + 4, signature)
        if lookup3(data[:count]) != number(data, count, 4):
            raise ModelFileError(f"the HDF5 file is damaged at byte {address}: a checksum does not match")
        return data[:count]

    def charge(self, count: int) -> None:
        """Count `count` bytes of structure, and the work of fetching them."""
        self.budget.charge_work(count + _READ)

    def fill(self, address: int, target: memoryview) -> None:
        """Read the bytes of an array straight into `target`."""
        self.check(address, len(target))
        self.budget.read.charge(len(target))
        self._file.seek(self._origin + address)
        filled = 0
        while filled < len(target):
            got = self._file.readinto(target[filled:])  # type: ignore[attr-defined]
            if not got:
                raise ModelFileError(f"the HDF5 file ends at byte {address + filled}, in the middle of an array")
            filled += got
