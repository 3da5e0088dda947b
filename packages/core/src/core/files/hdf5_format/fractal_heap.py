"""Fractal heaps: where newer files keep the many links of a group, and attributes that are many or large.

An object has an identifier, which is its position in the heap (of blocks that double in size from row to row), or its
number in a list of huge objects, or is the object itself if that is tiny.
"""

from __future__ import annotations

from functools import cached_property

from core.errors import ModelFileError
from core.files.hdf5_format.btree import HUGE_OBJECTS, read_records
from core.files.hdf5_format.checksums import lookup3
from core.files.hdf5_format.reader import NOWHERE, Reader, count_bytes_of, number

_MANAGED, _HUGE, _TINY = range(3)
_CHECKED_BLOCKS = 2  # bit of the heap's flags
_DEEPEST = 8


class FractalHeap:
    """One heap; blocks are read when an object in them is asked for."""

    def __init__(self, reader: Reader, address: int) -> None:
        head = reader.read_checked(address, 142, b"FRHP\0")
        self._reader, self._address = reader, address
        self._id_size, self._checked = number(head, 5, 2), bool(head[9] & _CHECKED_BLOCKS)
        self._huge_tree = number(head, 22)
        self._width, self._start, self._largest = number(head, 110, 2), number(head, 112), number(head, 120)
        bits, self._root, self._rows = number(head, 128, 2), number(head, 132), number(head, 140, 2)
        sizes_fit = self._start and self._largest >= self._start and self._width and bits <= 64
        if number(head, 7, 2) or not sizes_fit or self._start & self._start - 1 or self._largest & self._largest - 1:
            raise ModelFileError(f"the HDF5 heap at byte {address} is damaged, or compressed, which Keras never writes")
        self._position_size = (bits + 7) // 8
        largest_object = number(head, 10, 4)
        self._length_size = min((self._largest.bit_length() + 6) // 8, count_bytes_of(largest_object))
        self._blocks: dict[int, bytes] = {}

    def get(self, identifier: bytes) -> bytes:
        """Return the object that has an identifier."""
        kind = number(identifier, 0, 1) >> 4 & 3
        if kind == _MANAGED:
            position = number(identifier, 1, self._position_size)
            return self._managed(position, number(identifier, 1 + self._position_size, self._length_size))
        if kind == _HUGE:
            return self._huge_object(identifier)
        if kind == _TINY:
            size = (identifier[0] & 15) + 1
            return identifier[1 : 1 + size]
        raise self._damage()

    def _damage(self) -> ModelFileError:
        return ModelFileError(f"the HDF5 heap at byte {self._address} is damaged")

    def _huge_object(self, identifier: bytes) -> bytes:
        if self._id_size >= 17:  # room for the address and the size themselves
            return self._reader.read(number(identifier, 1), number(identifier, 9))
        found = self._huge.get(number(identifier, 1, min(self._id_size - 1, 8)))
        if found is None:
            raise self._damage()
        return self._reader.read(*found)

    @cached_property
    def _huge(self) -> dict[int, tuple[int, int]]:
        """The huge objects by number: address and size."""
        if self._huge_tree == NOWHERE:
            return {}
        records = read_records(self._reader, self._huge_tree, HUGE_OBJECTS)
        return {number(record, 16): (number(record, 0), number(record, 8)) for record in records}

    def _managed(self, position: int, length: int) -> bytes:
        """Return `length` bytes at a position of the heap, which lie in one block."""
        address, start, size = self._root, 0, self._start
        rows, depth = self._rows, 0
        while rows:  # the block is one of pointers to smaller ones
            row, column = self._cell(position - start)
            if row >= rows or depth > _DEEPEST:
                raise self._damage()
            block = self._read_pointers(address, rows)
            size = self._size(row)
            start += self._row_start(row) + column * size
            address = number(block, 13 + self._position_size + 8 * (row * self._width + column))
            direct = size <= self._largest
            rows = 0 if direct else size.bit_length() - (self._start * self._width).bit_length() + 1
            depth += 1
            if not direct and rows <= 0:
                raise self._damage()
        block = self._read_block(address, size)
        first = position - start
        if first < 0 or first + length > len(block):
            raise self._damage()
        self._reader.charge(length)
        return block[first : first + length]

    def _size(self, row: int) -> int:
        """Return the size of the blocks of a row: the first two rows alike, then twice as large from row to row."""
        return self._start << max(0, row - 1)

    def _row_start(self, row: int) -> int:
        return 0 if row == 0 else self._width * self._start << row - 1

    def _cell(self, position: int) -> tuple[int, int]:
        """Return row and column of the block that holds a position."""
        row = (position // (self._width * self._start)).bit_length()
        return row, (position - self._row_start(row)) // self._size(row)

    def _read_pointers(self, address: int, rows: int) -> bytes:
        if address not in self._blocks:
            count = 13 + self._position_size + 8 * self._width * rows
            self._blocks[address] = self._reader.read_checked(address, count, b"FHIB\0")
        return self._blocks[address]

    def _read_block(self, address: int, size: int) -> bytes:
        if address not in self._blocks:
            block = self._reader.read(address, size, b"FHDB\0")
            if self._checked:  # of the whole block, with zeros where it stands
                self._reader.budget.charge_work(5 * size)
                at = 13 + self._position_size
                if lookup3(block[:at] + bytes(4) + block[at + 4 :]) != number(block, at, 4):
                    raise self._damage()
            self._blocks[address] = block
        return self._blocks[address]
