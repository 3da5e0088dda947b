"""An object of an HDF5 file (a group or an array) is a header: a list of messages, each with a kind and its bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from core.errors import ModelFileError
from core.files.hdf5_format.source import Source, number

#: Kinds of messages.
DATASPACE, LINK_INFO, DATATYPE, EXTERNAL, LINK, LAYOUT, FILTERS = 1, 2, 3, 7, 6, 8, 11
ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 12, 16, 17, 21

#: Bit of a message's flags: its content stands elsewhere in the file.
_SHARED = 2
#: The most blocks of messages that one header may have.
_MOST_BLOCKS = 1_000


class Message(NamedTuple):
    """One fact about an object."""

    kind: int
    data: bytes


def read_messages(source: Source, address: int) -> list[Message]:
    """Read the header at `address`. Raises `ModelFileError` for a damaged one and for content that stands elsewhere."""
    newer = source.read(address, 4) == b"OHDR"
    start, size, stated = _newer_start(source, address) if newer else _older_start(source, address)
    tracked = newer and bool(source.read(address + 5, 1)[0] & 4)
    blocks, seen = [(start, size)], {start}
    messages: list[Message] = []
    while blocks:
        data = source.read(*blocks.pop(0))
        for message in _split_newer(data, tracked) if newer else _split_older(data):
            messages.append(message)
            if message.kind == CONTINUATION:
                place, length = number(message.data, 0), number(message.data, 8)
                if place in seen or len(seen) > _MOST_BLOCKS:
                    raise ModelFileError(f"the HDF5 header at byte {address} goes round in circles")
                seen.add(place)
                blocks.append((place + 4, length - 8) if newer else (place, length))  # without OCHK and checksum
    return messages if stated is None else messages[:stated]


def _older_start(source: Source, address: int) -> tuple[int, int, int | None]:
    head = source.read(address, 16, b"\x01")
    return address + 16, number(head, 8, 4), number(head, 2, 2)


def _newer_start(source: Source, address: int) -> tuple[int, int, int | None]:
    head = source.read(address, 6, b"OHDR\x02")
    flags = head[5]
    place = address + 6 + (16 if flags & 32 else 0) + (4 if flags & 16 else 0)
    width = 1 << (flags & 3)
    return place + width, number(source.read(place, width), 0, width), None


def _split_older(data: bytes) -> Iterator[Message]:
    place = 0
    while place + 8 <= len(data):
        kind, size, flags = number(data, place, 2), number(data, place + 2, 2), data[place + 4]
        yield _message(kind, data, place + 8, size, flags)
        place += 8 + size


def _split_newer(data: bytes, tracked: bool) -> Iterator[Message]:
    place, head = 0, 6 if tracked else 4
    while place + head <= len(data):
        kind, size, flags = data[place], number(data, place + 1, 2), data[place + 3]
        yield _message(kind, data, place + head, size, flags)
        place += head + size


def _message(kind: int, data: bytes, start: int, size: int, flags: int) -> Message:
    if start + size > len(data):
        raise ModelFileError("an HDF5 message is longer than the header that holds it")
    if flags & _SHARED and kind in {DATASPACE, DATATYPE, LAYOUT, FILTERS, ATTRIBUTE}:
        raise ModelFileError("an HDF5 object describes itself by another one, which Keras never writes")
    return Message(kind, data[start : start + size])
