"""An object of an HDF5 file (a group or an array) is a header: a list of messages, each with a kind and its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.errors import ModelFileError
from core.files.hdf5_format.reader import Reader, number

#: Kinds of messages.
NOTHING, DATASPACE, LINK_INFO, DATATYPE, EXTERNAL, LINK, LAYOUT, FILTERS = 0, 1, 2, 3, 7, 6, 8, 11
ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 12, 16, 17, 21
_LAST_KNOWN = 24

#: Bits of a message's flags: its content stands elsewhere in the file; who does not know it must not go on.
_SHARED, _MUST_BE_KNOWN = 2, 128
#: The most blocks of messages that one header may have, and the work that one message makes.
_MOST_BLOCKS, _MESSAGE = 1_000, 48
#: Bytes before the messages of a header: with four times, two numbers and a size of eight bytes.
_LONGEST_HEAD = 34


class Message(NamedTuple):
    """One fact about an object."""

    kind: int
    data: bytes


def read_messages(reader: Reader, address: int) -> list[Message]:
    """Read the header at `address`. Raises `ModelFileError` for a damaged one and for content that stands elsewhere."""
    head = reader.read(address, max(0, min(_LONGEST_HEAD, reader.size - address)))
    parts = _newer(reader, address, head) if head.startswith(b"OHDR") else _older(reader, address, head)
    messages: list[Message] = []
    for kind, data in parts:
        reader.budget.charge_work(_MESSAGE)
        if kind not in {NOTHING, CONTINUATION}:
            messages.append(Message(kind, data))
    return messages


def only(messages: list[Message], kind: int) -> bytes | None:
    """Return the content of the message of a kind, which may stand in a header once; None where there is none."""
    found = [message.data for message in messages if message.kind == kind]
    if len(found) > 1:
        raise ModelFileError("an HDF5 header describes its object twice")
    return found[0] if found else None


def _older(reader: Reader, address: int, head: bytes) -> Iterator[tuple[int, bytes]]:
    """Go through the messages of a header of version 1, of which the first block states how many there are."""
    if not head.startswith(b"\x01"):
        raise ModelFileError(f"the HDF5 file is damaged at byte {address}: expected the header of an object")
    stated, count = number(head, 2, 2), 0
    blocks = _Blocks(address, address + 16, number(head, 8, 4))
    for start, size in blocks:
        data, position = reader.read(start, size), 0
        while position + 8 <= len(data) and count < stated:
            kind, length, flags = number(data, position, 2), number(data, position + 2, 2), data[position + 4]
            content = _content(kind, data, position + 8, length, flags)
            position, count = position + 8 + length, count + 1
            blocks.note(kind, content)
            yield kind, content
    if count < stated:
        raise ModelFileError(f"the HDF5 header at byte {address} has {count} messages, and says {stated}")


def _newer(reader: Reader, address: int, first_bytes: bytes) -> Iterator[tuple[int, bytes]]:
    """Go through the messages of a header of version 2, each of whose blocks ends with a checksum."""
    flags = number(first_bytes, 5, 1)
    begin = 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
    width = 1 << (flags & 3)
    size = number(first_bytes, begin, width)
    head = 6 if flags & 4 else 4
    blocks = _Blocks(address, address, begin + width + size + 4)
    for start, length in blocks:
        first = start == address
        data = reader.read_checked(start, length - 4, b"OHDR\x02" if first else b"OCHK")
        position = begin + width if first else 4
        while position + head <= len(data):
            kind, size, flags = data[position], number(data, position + 1, 2), data[position + 3]
            content = _content(kind, data, position + head, size, flags)
            position += head + size
            blocks.note(kind, content)
            yield kind, content


class _Blocks:
    """The blocks of one header, each met once: a message may name one more."""

    def __init__(self, address: int, start: int, size: int) -> None:
        self._address, self._waiting, self._seen = address, [(start, size)], {start}

    def __iter__(self) -> Iterator[tuple[int, int]]:
        while self._waiting:
            yield self._waiting.pop(0)

    def note(self, kind: int, content: bytes) -> None:
        """Add the block that a message names, if it is one that does."""
        if kind != CONTINUATION:
            return
        start, size = number(content, 0), number(content, 8)
        if start in self._seen or len(self._seen) > _MOST_BLOCKS:
            raise ModelFileError(f"the HDF5 header at byte {self._address} goes round in circles")
        self._seen.add(start)
        self._waiting.append((start, size))


def _content(kind: int, data: bytes, start: int, size: int, flags: int) -> bytes:
    if start + size > len(data):
        raise ModelFileError("an HDF5 message is longer than the header that holds it")
    if flags & _SHARED and kind in {DATASPACE, DATATYPE, LAYOUT, FILTERS, ATTRIBUTE}:
        raise ModelFileError("an HDF5 object describes itself by another one (a named type), which Keras never writes")
    if flags & _MUST_BE_KNOWN and kind > _LAST_KNOWN:
        raise ModelFileError(f"an HDF5 object has a property of kind {kind}, which is not known here")
    return data[start : start + size]
