"""The numbers of an HDF5 array: in one piece, inside the header, or in chunks that may be compressed."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError
from core.files.hdf5_format.headers import FILTERS, LAYOUT, Message
from core.files.hdf5_format.links import tree_entries
from core.files.hdf5_format.source import NOWHERE, Source, number
from core.files.limits import ALWAYS_ALLOWED, LARGEST_GROWTH

_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
_DEFLATE, _SHUFFLE = 1, 2
#: A chunk may be this much larger than its whole array (in bytes), so that an array which could grow is read too.
_SPARE = 2**20


def read_array(source: Source, messages: Sequence[Message], shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Read an array of numbers. Raises `ModelFileError` unless all of it lies in this file, and nothing else does."""
    layout = next(message.data for message in messages if message.kind == LAYOUT)
    size = math.prod(shape) * dtype.itemsize
    if size > LARGEST_GROWTH * source.size + ALWAYS_ALLOWED:
        raise ModelFileError(f"an array of {size:,} bytes cannot be in a file of {source.size:,}")
    version, kind = number(layout, 0, 1), number(layout, 1, 1)
    if version == 4 and kind == _VIRTUAL:
        raise ModelFileError("the array keeps its data in another file (virtual), which is refused")
    if version != 3 and (version != 4 or kind == _CHUNKED):
        raise ModelFileError(f"the array has a layout of version {version}; Keras writes 3")
    if kind == _CHUNKED:
        return _chunks(source, layout, _filters(messages), shape, dtype)
    if kind not in {_COMPACT, _CONTIGUOUS}:
        raise ModelFileError(f"the array has an unknown layout ({kind})")
    held = number(layout, 2, 2) if kind == _COMPACT else number(layout, 10)
    if kind == _CONTIGUOUS and number(layout, 2) == NOWHERE and size:
        raise ModelFileError("the array has a shape but no data")
    if held < size or (kind == _COMPACT and len(layout) < 4 + size):
        raise ModelFileError(f"the array needs {size:,} bytes, the file holds {held:,}")
    if kind == _COMPACT:
        return np.frombuffer(layout[4 : 4 + size], dtype).reshape(shape).copy()
    array = np.empty(shape, dtype)
    if size:
        source.fill(number(layout, 2), array.reshape(-1).view(np.uint8).data)
    return array


def _filters(messages: Sequence[Message]) -> list[int]:
    """Name the filters that chunks went through, the first one first."""
    found: list[int] = []
    for message in messages:
        if message.kind != FILTERS:
            continue
        data, version = message.data, number(message.data, 0, 1)
        place = 8 if version == 1 else 2
        for _ in range(number(data, 1, 1)):
            name = number(data, place, 2)
            named = version == 1 or name >= 256
            width = number(data, place + 2, 2) if named else 0
            values = number(data, place + (6 if named else 4), 2)
            place += (8 if named else 6) + width + 4 * (values + (values % 2 if version == 1 else 0))
            found.append(name)
    if len(set(found)) < len(found) or not set(found) <= {_DEFLATE, _SHUFFLE}:
        raise ModelFileError(f"the array is compressed by the filters {found[:10]}; only gzip and shuffle are read")
    return found


def _chunks(source: Source, layout: bytes, filters: list[int], shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Put an array together from its chunks, each of which must be there once."""
    rank = len(shape)
    if number(layout, 2, 1) != rank + 1 or rank == 0:
        raise ModelFileError("the chunks of an array have another number of axes than the array")
    sizes = tuple(number(layout, 11 + 4 * axis, 4) for axis in range(rank))
    bytes_each = math.prod(sizes) * dtype.itemsize
    if 0 in sizes or bytes_each > math.prod(shape) * dtype.itemsize + _SPARE:
        raise ModelFileError(f"the chunks {sizes} do not fit an array of shape {shape}")
    array = np.empty(shape, dtype)
    seen = np.zeros([-(-length // step) for length, step in zip(shape, sizes, strict=True)], bool)
    address = number(layout, 3)
    entries = () if address == NOWHERE else tree_entries(source, address, kind=1, key_size=8 + 8 * (rank + 1))
    for key, place in entries:
        start = tuple(number(key, 8 + 8 * axis) for axis in range(rank))
        cell = tuple(first // step for first, step in zip(start, sizes, strict=True))
        inside = all(index < count for index, count in zip(cell, seen.shape, strict=True))
        if not inside or seen[cell] or any(first % step for first, step in zip(start, sizes, strict=True)):
            raise ModelFileError(f"the chunk at {start} is there twice, or is no chunk of an array of shape {shape}")
        seen[cell] = True
        stored, skipped = number(key, 0, 4), number(key, 4, 4)
        if skipped or stored > bytes_each + bytes_each // 8 + _SPARE:
            raise ModelFileError(
                f"the chunk at {start} takes {stored:,} bytes for {bytes_each:,}, or skips its filters"
            )
        source.charge(0)
        raw = bytearray(stored)
        source.fill(place, memoryview(raw))
        chunk = np.frombuffer(_unfiltered(raw, filters, bytes_each, dtype.itemsize), dtype).reshape(sizes)
        target = array[tuple(slice(first, first + step) for first, step in zip(start, sizes, strict=True))]
        target[...] = chunk[tuple(slice(0, length) for length in target.shape)]
    if not seen.all():
        raise ModelFileError("the array has a shape but no data: some of its chunks are not in the file")
    return array


def _unfiltered(data: bytes | bytearray, filters: list[int], size: int, itemsize: int) -> bytes | bytearray:
    """Undo the filters, the last one first; never make more than the `size` bytes that a chunk has."""
    for name in reversed(filters):
        if name == _DEFLATE:
            data = zlib.decompressobj().decompress(data, size + 1)
        elif len(data) % itemsize == 0:
            data = np.frombuffer(data, np.uint8).reshape(itemsize, -1).T.tobytes()
    if len(data) != size:
        raise ModelFileError(f"a chunk should have {size:,} bytes, it has {len(data):,} or more")
    return data
