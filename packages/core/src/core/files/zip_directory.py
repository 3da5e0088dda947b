"""Opening a zip archive whose list of members is of a sane size: Python's own reader believes any."""

from __future__ import annotations

import io
import zipfile
from typing import BinaryIO

from core.errors import ModelFileError
from core.files.limits import LARGEST_DIRECTORY

_END = b"PK\x05\x06"  # begins the record at the end, of 22 bytes and a comment
_END_SIZE, _LONGEST_COMMENT = 22, 2**16
_LOCATOR = b"PK\x06\x07"  # stands 20 bytes before it where a second record, for archives of 4 GiB and more, is used
_NEEDS_LOCATOR = 2**32 - 1


def open_zip(file: BinaryIO) -> zipfile.ZipFile:
    """Open an archive for reading. Raises `ModelFileError` if its list of members is unreasonably long."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT))
    tail = file.read()
    start = len(tail) - _END_SIZE
    if tail[start : start + 4] != _END or tail[-2:] != b"\0\0":  # it has a comment
        start = tail.rfind(_END)
    if start < 0 or start + _END_SIZE > len(tail):
        raise ModelFileError("the archive has no end: it was cut, or is no zip file")
    if size < _NEEDS_LOCATOR and start >= 20 and tail[start - 20 : start - 16] == _LOCATOR:
        raise ModelFileError("the archive is written as one of 4 GiB or more, which it is not")
    if (listed := int.from_bytes(tail[start + 12 : start + 16], "little")) > LARGEST_DIRECTORY:
        raise ModelFileError(f"the archive lists its members in {listed:,} bytes, more than {LARGEST_DIRECTORY:,}")
    return zipfile.ZipFile(file)
