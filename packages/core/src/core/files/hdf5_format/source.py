"""The bytes of an HDF5 file: a read is checked against the file's size, and all reads together against a limit."""

from __future__ import annotations

from typing import BinaryIO

from core.errors import ModelFileError
from core.files.limits import LARGEST_METADATA

#: The address that means "nowhere".
NOWHERE = 2**64 - 1
#: What one read costs beside its bytes, so that millions of tiny ones reach the limit too.
_COST = 64


def number(data: bytes, start: int, size: int = 8) -> int:
    """Read an unsigned little-endian integer of `size` bytes; raises `ModelFileError` where `data` ends before it."""
    if not 0 <= start <= len(data) - size:
        raise ModelFileError("the HDF5 structure ends in the middle of a number")
    return int.from_bytes(data[start : start + size], "little")


class Source:
    """A file that can be read at any place."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.size = size
        #: Heaps of texts that were read, by address: number of a text -> its place and size.
        self.heaps: dict[int, dict[int, tuple[int, int]]] = {}
        self._file = file
        self._left = LARGEST_METADATA

    def check(self, address: int, count: int) -> None:
        """Raise `ModelFileError` unless `count` bytes at `address` lie inside the file."""
        if not 0 <= address <= self.size - count or count < 0:
            raise ModelFileError(f"the HDF5 file points at byte {address} + {count}, but has only {self.size}")

    def read(self, address: int, count: int, signature: bytes = b"") -> bytes:
        """Read metadata: `count` bytes, which must begin with `signature`."""
        self.check(address, count)
        self.charge(count)
        self._file.seek(address)
        data = self._file.read(count)
        if len(data) != count or not data.startswith(signature):
            raise ModelFileError(f"the HDF5 file is damaged at byte {address}: expected {signature!r}")
        return data

    def charge(self, count: int) -> None:
        """Count `count` bytes, and the work of fetching them, against the limit of what stands beside the arrays."""
        self._left -= count + _COST
        if self._left < 0:
            raise ModelFileError(f"the HDF5 file describes its arrays in more than {LARGEST_METADATA:,} bytes")

    def fill(self, address: int, target: memoryview) -> None:
        """Read the bytes of an array straight into `target`."""
        self.check(address, len(target))
        self._file.seek(address)
        filled = 0
        while filled < len(target):
            got = self._file.readinto(target[filled:])  # type: ignore[attr-defined]
            if not got:
                raise ModelFileError(f"the HDF5 file ends at byte {address + filled}, in the middle of an array")
            filled += got
