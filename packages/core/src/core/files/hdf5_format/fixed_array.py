"""Fixed arrays: the index of chunks where no axis may grow beyond a known length."""

from __future__ import annotations

from core.errors import ModelFileError
from core.files.hdf5_format.reader import NOWHERE, Reader, number


class FixedArray:
    """Entries by number; where they are many they stand in pages, of which only those asked for are read."""

    def __init__(self, reader: Reader, address: int, filtered: bool) -> None:
        head = reader.read_checked(address, 24, b"FAHD\0" + bytes([filtered]))
        self._reader, self._size = reader, head[6]
        self._count, self._block = number(head, 8), number(head, 16)
        per_page = 1 << min(head[7], 62)
        self._per_page = per_page if self._count > per_page else 0
        self._pages: dict[int, bytes] = {}
        if self._size < (13 if filtered else 8):
            raise ModelFileError(f"the HDF5 array at byte {address} is damaged")
        if self._block == NOWHERE:
            return
        pages = -(-self._count // per_page) if self._per_page else 0
        begin = 14 + (pages + 7) // 8
        signature = b"FADB\0" + bytes([filtered])
        held = 0 if self._per_page else self._count * self._size
        block = reader.read_checked(self._block, begin + held, signature)
        self._used, self._first = block[14:begin], begin + 4
        if not self._per_page:
            self._pages[0] = block[begin:]

    def get(self, index: int) -> bytes | None:
        """Return the entry of a number; None where none was written."""
        if index >= self._count or self._block == NOWHERE:
            return None
        page, within = divmod(index, self._per_page) if self._per_page else (0, index)
        if page not in self._pages:
            if not self._used[page // 8] & 0x80 >> page % 8:
                return None
            count = min(self._per_page, self._count - page * self._per_page)
            start = self._block + self._first + page * (self._per_page * self._size + 4)
            self._pages[page] = self._reader.read_checked(start, count * self._size, b"")
        return self._pages[page][within * self._size : (within + 1) * self._size]
