"""What the bytes of a chunk went through when it was written: gzip, shuffling of bytes, a checksum."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from core.errors import ModelFileError
from core.files.hdf5_format.checksums import fletcher32
from core.files.hdf5_format.headers import FILTERS, Message
from core.files.hdf5_format.reader import number

_DEFLATE, _SHUFFLE, _FLETCHER32 = 1, 2, 3
#: Filters that are not read, by name: two of HDF5's own, and the plugins that people load.
_NAMES = {
    4: "szip", 5: "nbit", 6: "scaleoffset", 307: "bzip2", 32000: "lzf", 32001: "blosc", 32004: "lz4", 32008: "bitshuffle",
    32013: "zfp", 32015: "zstd", 32017: "sz", 32024: "sz3", 32026: "blosc2",
}  # fmt: skip
_CHECKSUM = 4  # bytes that Fletcher's checksum adds
#: Bytes that a chunk may have beyond its numbers when it is packed, beside a part of them.
SPARE = 2**10


def read_filters(messages: Sequence[Message]) -> list[int]:
    """List the filters that chunks went through, the first one first. Raises `ModelFileError` for one not read here."""
    found: list[int] = []
    unread: list[str] = []
    for message in messages:
        if message.kind != FILTERS:
            continue
        data, version = message.data, number(message.data, 0, 1)
        if version not in {1, 2}:
            raise ModelFileError(f"the array has a list of filters of version {version}, which is not known here")
        start = 8 if version == 1 else 2
        for _ in range(number(data, 1, 1)):
            name = number(data, start, 2)
            named = version == 1 or name >= 256
            width = number(data, start + 2, 2) if named else 0
            values = number(data, start + (6 if named else 4), 2)
            own_name = data[start + 8 : start + 8 + width].split(b"\0")[0][:40].decode("ascii", errors="replace")
            start += (8 if named else 6) + width + 4 * (values + (values % 2 if version == 1 else 0))
            found.append(name)
            if name not in {_DEFLATE, _SHUFFLE, _FLETCHER32}:
                unread.append(_NAMES.get(name) or own_name or f"filter {name}")
    if unread:
        raise ModelFileError(
            f"the array is compressed by {', '.join(unread[:5])}; only gzip, shuffle and fletcher32 filters are read: "
            "write it again without compression, or with gzip"
        )
    if len(set(found)) < len(found):
        raise ModelFileError("the array went through one filter twice, which nothing writes")
    return found


def unfilter(
    data: bytes | bytearray, filters: Sequence[int], skipped: int, size: int, itemsize: int
) -> bytes | bytearray:
    """Undo the filters, the last one first, but those whose bit is set in `skipped`; the result has `size` bytes."""
    if skipped >> len(filters):
        raise ModelFileError("a chunk skips a filter that its array does not have")
    for index in reversed(range(len(filters))):
        if skipped >> index & 1:
            continue
        if filters[index] == _DEFLATE:
            data = _inflate(data, size + _CHECKSUM)
        elif filters[index] == _SHUFFLE:
            whole = len(data) // itemsize * itemsize
            data = np.frombuffer(data, np.uint8, whole).reshape(itemsize, -1).T.tobytes() + data[whole:]
        else:
            stated, data = number(data, len(data) - _CHECKSUM, _CHECKSUM), data[:-_CHECKSUM]
            if fletcher32(data) != stated:
                raise ModelFileError("a chunk is damaged: its checksum (fletcher32) does not match")
    if len(data) != size:
        raise ModelFileError(f"a chunk should have {size:,} bytes, it has {len(data):,} or more")
    return data


def _inflate(data: bytes | bytearray, most: int) -> bytes:
    """Unpack gzip's bytes, never more than `most` + 1 of them; its end and its checksum must be there, and nothing else."""
    unpack = zlib.decompressobj()
    try:
        unpacked = unpack.decompress(data, most + 1)
        if len(unpacked) <= most and not unpack.eof:
            unpacked += unpack.decompress(unpack.unconsumed_tail, most + 1 - len(unpacked))
    except zlib.error as error:
        raise ModelFileError(f"a chunk is damaged: {error}") from error
    if len(unpacked) <= most and (not unpack.eof or unpack.unused_data):
        raise ModelFileError("a chunk is damaged: its packed bytes have no end, or go on behind it")
    return unpacked
