"""The numbers of an HDF5 array: in one piece, inside the header, or in chunks that may be compressed."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError
from core.files.hdf5_format.chunk_index import Chunk, Chunking, find_chunks, read_chunking
from core.files.hdf5_format.filters import SPARE, read_filters, unfilter
from core.files.hdf5_format.headers import DATASPACE, LAYOUT, Message, only
from core.files.hdf5_format.reader import NOWHERE, Reader, number
from core.files.hdf5_format.types import read_limits

_COMPACT, _CONTIGUOUS, _CHUNKED, _VIRTUAL = range(4)
#: A chunk may be this much larger than its whole array (in bytes), so that an array which could grow is read too.
_ROOM_TO_GROW = 2**20
_CHUNK = 256  # work of putting one chunk in its position


def read_array(reader: Reader, messages: list[Message], shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Read an array of numbers. Raises `ModelFileError` unless all of it lies in this file, and nothing else does."""
    layout = only(messages, LAYOUT) or b""
    size = math.prod(shape) * dtype.itemsize
    version, kind = number(layout, 0, 1), number(layout, 1, 1)
    if version >= 4 and kind == _VIRTUAL:
        raise ModelFileError("the array keeps its data in another file (virtual), which is refused")
    if version not in {3, 4, 5}:
        raise ModelFileError(f"the array has a layout of version {version}; 3 to 5 are read")
    if kind == _CHUNKED:
        return _join(reader, messages, layout, shape, dtype)
    if kind not in {_COMPACT, _CONTIGUOUS}:
        raise ModelFileError(f"the array has an unknown layout ({kind})")
    held = number(layout, 2, 2) if kind == _COMPACT else number(layout, 10)
    if kind == _CONTIGUOUS and number(layout, 2) == NOWHERE and size:
        raise ModelFileError("the array has a shape but no data")
    if held < size or (kind == _COMPACT and len(layout) < 4 + size):
        raise ModelFileError(f"the array needs {size:,} bytes, the file holds {held:,}")
    if kind == _COMPACT:
        return np.frombuffer(layout[4 : 4 + size], dtype).reshape(shape).copy()
    reader.budget.read.require(size)
    array = _empty(shape, dtype)
    if size:
        reader.fill(number(layout, 2), array.reshape(-1).view(np.uint8).data)
    return array


def _empty(shape: tuple[int, ...], dtype: np.dtype) -> Array:
    try:
        return np.empty(shape, dtype)
    except (ValueError, MemoryError) as error:  # axes whose product is 0, but of which one is beyond any machine
        raise ModelFileError(f"an array of shape {shape} cannot be made here: {error}") from error


def _join(reader: Reader, messages: list[Message], layout: bytes, shape: tuple[int, ...], dtype: np.dtype) -> Array:
    """Put an array together from its chunks, each of which must be there once."""
    limits = read_limits(only(messages, DATASPACE) or b"")
    chunking = read_chunking(layout, shape, limits, dtype.itemsize)
    filters = read_filters(messages)
    if chunking.bytes_each > math.prod(shape) * dtype.itemsize + _ROOM_TO_GROW:
        raise ModelFileError(f"the chunks {chunking.sizes} do not fit an array of shape {shape}")
    budget = reader.budget
    (budget.unpacked if filters else budget.read).require(math.prod(shape) * dtype.itemsize)
    array = _empty(shape, dtype)
    reader.budget.charge_work(_CHUNK * math.prod(chunking.grid))
    seen = np.zeros(chunking.grid, bool)
    for chunk in find_chunks(reader, chunking, bool(filters)):
        inside = all(0 <= index < count for index, count in zip(chunk.cell, chunking.grid, strict=True))
        if not inside or seen[chunk.cell]:
            raise ModelFileError(
                f"the chunk {chunk.cell} is there twice, or is not a chunk of an array of shape {shape}"
            )
        seen[chunk.cell] = True
        start = [index * step for index, step in zip(chunk.cell, chunking.sizes, strict=True)]
        target = array[tuple(slice(first, first + step) for first, step in zip(start, chunking.sizes, strict=True))]
        partial = target.shape != chunking.sizes
        numbers = _read_chunk(reader, chunk, chunking, [] if partial and chunking.plain_edges else filters, dtype)
        target[...] = numbers[tuple(slice(0, length) for length in target.shape)]
    if not seen.all():
        raise ModelFileError("the array has a shape but no data: some of its chunks are not in the file")
    return array


def _read_chunk(reader: Reader, chunk: Chunk, chunking: Chunking, filters: Sequence[int], dtype: np.dtype) -> Array:
    """Read one chunk, of which the file may hold other bytes than its numbers if it went through filters."""
    size = chunking.bytes_each
    if chunk.stored > size + size // 8 + SPARE or (not filters and chunk.stored != size):
        raise ModelFileError(f"the chunk {chunk.cell} takes {chunk.stored:,} bytes for {size:,}")
    raw = bytearray(chunk.stored)
    reader.fill(chunk.address, memoryview(raw))
    if filters:
        reader.budget.unpacked.charge(size)
    return np.frombuffer(unfilter(raw, filters, chunk.skipped, size, dtype.itemsize), dtype).reshape(chunking.sizes)
