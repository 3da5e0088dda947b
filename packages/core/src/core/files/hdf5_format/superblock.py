"""The first block of an HDF5 file: where the file begins, how long it must be, and where its root group stands.

A block of the user's own may stand before it, of 512 bytes or twice, four times, ... as many.
"""

from __future__ import annotations

import io
from typing import BinaryIO

from core.errors import ModelFileError
from core.files.hdf5_format.reader import NOWHERE, Reader, number

MAGIC = b"\x89HDF\r\n\x1a\n"
_SMALLEST_USER_BLOCK = 512


def find_superblock(file: BinaryIO) -> int | None:
    """Return the byte at which an HDF5 file begins within `file`; None if there is none."""
    size = file.seek(0, io.SEEK_END)
    position = 0
    while position + len(MAGIC) <= size:
        file.seek(position)
        if file.read(len(MAGIC)) == MAGIC:
            return position
        position = 2 * position or _SMALLEST_USER_BLOCK
    return None


def find_root(reader: Reader, origin: int) -> int:
    """Return the address of the root group's header. Raises `ModelFileError` for a file that was cut."""
    version = number(reader.read(0, 9, MAGIC), 8, 1)
    if version > 3:
        raise ModelFileError(f"an HDF5 file of version {version}; 0 to 3 are read")
    if version >= 2:
        head = reader.read_checked(0, 44, MAGIC)
        widths, base, end, root, driver = head[9:11], 12, 28, 36, NOWHERE
    else:
        head = reader.read(0, 96, MAGIC)
        base = 24 + 4 * version
        widths, end, root, driver = head[13:15], base + 16, base + 40, number(head, base + 24)
    if widths != b"\x08\x08":
        raise ModelFileError(f"an HDF5 file with addresses and sizes of {widths!r} bytes, expected 8 and 8")
    if driver != NOWHERE:
        raise ModelFileError("an HDF5 file that is spread over several files, which is refused")
    length = number(head, end) - number(head, base)  # both count from the first byte of the file it was written as
    if length > reader.size:
        raise ModelFileError(
            f"the HDF5 file was cut: it had {length + origin:,} bytes, and has {reader.size + origin:,}"
        )
    return number(head, root)
