"""Where the chunks of an HDF5 array are: each kind of index, from one address to trees, gives cells of a grid and bytes.

Files of today's Keras have a tree of version 1 (layout 3); those written for the latest libraries have one of five
others (layout 4), by what may still grow: nothing, one axis, or several.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import NamedTuple

from core.errors import ModelFileError
from core.files.hdf5_format.btree import CHUNKS, FILTERED_CHUNKS, read_records
from core.files.hdf5_format.extensible_array import ExtensibleArray
from core.files.hdf5_format.fixed_array import FixedArray
from core.files.hdf5_format.links import tree_entries
from core.files.hdf5_format.reader import NOWHERE, Reader, number
from core.files.hdf5_format.types import UNLIMITED

_TREE, _SINGLE, _IMPLICIT, _FIXED, _EXTENSIBLE, _RECORDS = range(6)
#: Bytes of the options that stand before the address, by kind of index; those of a single chunk depend on its flags.
_OPTIONS = {_SINGLE: 0, _IMPLICIT: 0, _FIXED: 1, _EXTENSIBLE: 5, _RECORDS: 6}
_PLAIN_EDGES, _FILTERED_SINGLE = 1, 2


class Chunk(NamedTuple):
    """One chunk: its cell in the grid, where its bytes are and how many, and the filters that it did not go through."""

    cell: tuple[int, ...]
    address: int
    stored: int
    skipped: int


@dataclass(frozen=True)
class Chunking:
    """How an array is cut: the shape of a chunk, the grid of chunks now and at most, and the index of them."""

    sizes: tuple[int, ...]
    bytes_each: int
    grid: tuple[int, ...]
    largest_grid: tuple[int, ...]
    index: int
    address: int
    #: Whether the chunks at the border are not filtered.
    plain_edges: bool = False
    #: Bytes and skipped filters of a chunk that is the only one, where it is filtered.
    single: tuple[int, int] | None = None


def read_chunking(layout: bytes, shape: tuple[int, ...], limits: tuple[int, ...], itemsize: int) -> Chunking:
    """Read the layout message of an array in chunks."""
    version, rank = number(layout, 0, 1), len(shape)
    newer = version >= 4
    flags = number(layout, 2, 1) if newer else 0
    width = number(layout, 4, 1) if newer else 4
    first = 5 if newer else 11
    if number(layout, 3 if newer else 2, 1) != rank + 1 or rank == 0 or width > 8:
        raise ModelFileError("the chunks of an array have another number of axes than the array")
    sizes = tuple(number(layout, first + width * axis, width) for axis in range(rank))
    element = number(layout, first + width * rank, width)
    if 0 in sizes or element != itemsize:
        raise ModelFileError(f"the chunks {sizes} of elements of {element} bytes do not fit an array of shape {shape}")
    index, end, single = _TREE, 3, None
    if newer:
        end = first + width * (rank + 1)
        index, end = number(layout, end, 1), end + 1
        if index not in _OPTIONS:
            raise ModelFileError(
                f"the chunks of the array are listed by an index of kind {index}, which is not known here"
            )
        if index == _SINGLE and flags & _FILTERED_SINGLE:
            single, end = (number(layout, end), number(layout, end + 8, 4)), end + 12
        end += _OPTIONS[index]

    def grid(lengths: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(-(-length // step) for length, step in zip(lengths, sizes, strict=True))

    return Chunking(
        sizes,
        math.prod(sizes) * itemsize,
        grid(shape),
        grid(limits),
        index,
        number(layout, end),
        bool(flags & _PLAIN_EDGES),
        single,
    )


def find_chunks(reader: Reader, chunking: Chunking, filtered: bool) -> Iterator[Chunk]:
    """Go through the chunks that the file has, those of one array."""
    if chunking.address == NOWHERE:
        return
    if chunking.index == _TREE:
        yield from _older(reader, chunking)
    elif chunking.index == _RECORDS:
        yield from _listed(reader, chunking, filtered)
    elif chunking.index == _SINGLE:
        stored, skipped = chunking.single or (chunking.bytes_each, 0)
        yield Chunk((0,) * len(chunking.sizes), chunking.address, stored, skipped)
    else:
        yield from _numbered(reader, chunking, filtered)


def _older(reader: Reader, chunking: Chunking) -> Iterator[Chunk]:
    """Go through a tree of version 1, whose keys say where in the array a chunk begins."""
    rank = len(chunking.sizes)
    for key, address in tree_entries(reader, chunking.address, kind=1, key_size=8 + 8 * (rank + 1)):
        start = [number(key, 8 + 8 * axis) for axis in range(rank)]
        if any(first % step for first, step in zip(start, chunking.sizes, strict=True)):
            raise ModelFileError(f"the chunk at {start} does not begin where one may")
        cell = tuple(first // step for first, step in zip(start, chunking.sizes, strict=True))
        yield Chunk(cell, address, number(key, 0, 4), number(key, 4, 4))


def _listed(reader: Reader, chunking: Chunking, filtered: bool) -> Iterator[Chunk]:
    """Go through a tree of version 2, whose records name the cells."""
    rank = len(chunking.sizes)
    for record in read_records(reader, chunking.address, FILTERED_CHUNKS if filtered else CHUNKS):
        end = len(record) - 8 * rank
        cell = tuple(number(record, end + 8 * axis) for axis in range(rank))
        yield _chunk(record[:end], cell, chunking, filtered)


def _numbered(reader: Reader, chunking: Chunking, filtered: bool) -> Iterator[Chunk]:
    """Go through the cells of the grid, each of which has a number: along the axis that may grow, then in C order."""
    growing = [axis for axis, count in enumerate(chunking.largest_grid) if count * chunking.sizes[axis] >= UNLIMITED]
    find: Callable[[int], bytes | None]
    if chunking.index == _IMPLICIT:
        find = _in_a_row(chunking)
    elif chunking.index == _FIXED:
        find = FixedArray(reader, chunking.address, filtered).get
    else:
        find = ExtensibleArray(reader, chunking.address, filtered).get
    if len(growing) != (chunking.index == _EXTENSIBLE):
        raise ModelFileError("the chunks of the array are listed by an index that does not suit its shape")
    axes = growing + [axis for axis in range(len(chunking.sizes)) if axis not in growing]
    for cell in product(*map(range, chunking.grid)):
        position = 0
        for axis in axes:
            position = position * (1 if axis in growing else chunking.largest_grid[axis]) + cell[axis]
        entry = find(position)
        if entry is not None and number(entry, 0) != NOWHERE:
            yield _chunk(entry, cell, chunking, filtered)


def _in_a_row(chunking: Chunking) -> Callable[[int], bytes]:
    return lambda position: (chunking.address + position * chunking.bytes_each).to_bytes(8, "little")


def _chunk(entry: bytes, cell: tuple[int, ...], chunking: Chunking, filtered: bool) -> Chunk:
    """Take an entry apart: an address, and behind it for a filtered chunk its bytes and the filters it skipped."""
    if not filtered:
        return Chunk(cell, number(entry, 0), chunking.bytes_each, 0)
    end = len(entry) - 4
    return Chunk(cell, number(entry, 0), number(entry, 8, end - 8), number(entry, end, 4))
