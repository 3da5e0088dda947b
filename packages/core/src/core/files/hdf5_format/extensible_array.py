"""Extensible arrays: the index of chunks where one axis may grow without end.

The first entries stand in the index block itself, the next in data blocks that it names, and all others in data blocks
that super blocks name; they double in number and in size by turns. Data blocks so large that they are cut into pages
begin behind a hundred thousand chunks, more than are read.
"""

from __future__ import annotations

from core.errors import ModelFileError
from core.files.hdf5_format.reader import NOWHERE, Reader, number


class ExtensibleArray:
    """Entries by number; blocks and pages are read when an entry in them is asked for."""

    def __init__(self, reader: Reader, address: int, filtered: bool) -> None:
        self._client = bytes([filtered])
        head = reader.read_checked(address, 68, b"EAHD\0" + self._client)
        self._reader, self._address, self._size, bits = reader, address, head[6], head[7]
        self._inline, self._smallest, fewest = head[8], head[9], head[10]
        self._per_page = 1 << min(head[11], 62)
        self._index = number(head, 60)
        self._offset_size = (bits + 7) // 8
        self._read: dict[int, bytes] = {}
        powers = all(value and value & value - 1 == 0 for value in (self._smallest, fewest))
        if not powers or bits > 64 or self._size < (13 if filtered else 8):
            raise self._damage()
        #: Super blocks that have no block of their own: the index block names their data blocks.
        self._named_here = 2 * (fewest.bit_length() - 1)
        self._data_blocks = 2 * (fewest - 1)
        others = 1 + bits - (self._smallest.bit_length() - 1) - self._named_here
        self._index_size = 14 + self._inline * self._size + 8 * (self._data_blocks + max(0, others))
        self._others = others

    def get(self, index: int) -> bytes | None:
        """Return the entry of a number; None where none was written."""
        if self._index == NOWHERE:
            return None
        block = self._checked(self._index, self._index_size, b"EAIB\0")
        if index < self._inline:
            return self._entry(block, 14, index)
        index -= self._inline
        number_of_super = (index // self._smallest + 1).bit_length() - 1
        per_block = self._smallest << (number_of_super + 1) // 2
        index -= self._smallest * ((1 << number_of_super) - 1)
        which, within = divmod(index, per_block)
        if per_block > self._per_page:
            raise ModelFileError("the array has more chunks than are read")
        pointers = 14 + self._inline * self._size
        if number_of_super < self._named_here:
            before = _data_blocks_before(number_of_super)
            return self._from_data_block(number(block, pointers + 8 * (before + which)), per_block, within)
        if number_of_super - self._named_here >= self._others:
            raise self._damage()
        at = pointers + 8 * (self._data_blocks + number_of_super - self._named_here)
        return self._from_super_block(number(block, at), number_of_super, per_block, which, within)

    def _from_super_block(
        self, address: int, number_of_super: int, per_block: int, which: int, within: int
    ) -> bytes | None:
        if address == NOWHERE:
            return None
        count, begin = 1 << number_of_super // 2, 14 + self._offset_size
        block = self._checked(address, begin + 8 * count, b"EASB\0")
        return self._from_data_block(number(block, begin + 8 * which), per_block, within)

    def _from_data_block(self, address: int, per_block: int, within: int) -> bytes | None:
        if address == NOWHERE:
            return None
        begin = 14 + self._offset_size
        return self._entry(self._checked(address, begin + per_block * self._size, b"EADB\0"), begin, within)

    def _entry(self, block: bytes, begin: int, index: int) -> bytes:
        return block[begin + index * self._size : begin + (index + 1) * self._size]

    def _checked(self, address: int, size: int, signature: bytes) -> bytes:
        if address not in self._read:
            self._read[address] = self._reader.read_checked(address, size, signature + self._client)
        return self._read[address]

    def _damage(self) -> ModelFileError:
        return ModelFileError(f"the HDF5 array at byte {self._address} is damaged")


def _data_blocks_before(number_of_super: int) -> int:
    """Count the data blocks of all super blocks before one: 1, 1, 2, 2, 4, 4, ..."""
    return sum(1 << earlier // 2 for earlier in range(number_of_super))
