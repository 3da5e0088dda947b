"""The members of an HDF5 group: a tree of tables with a heap of names, or (newer) a message each, or a heap of those."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from core.errors import ModelFileError
from core.files.budget import MOST_LINKS
from core.files.hdf5_format.btree import LINK_NAMES, read_records
from core.files.hdf5_format.fractal_heap import FractalHeap
from core.files.hdf5_format.headers import LINK, LINK_INFO, SYMBOL_TABLE, Message
from core.files.hdf5_format.reader import NOWHERE, Reader, number

#: What a link can be; only the first stays inside the file for certain.
HARD, SOFT, EXTERNAL = "hard link", "SoftLink", "ExternalLink"
_KINDS = {0: HARD, 1: SOFT, 64: EXTERNAL}
_ENTRY = 40  # bytes of one entry of a symbol table
_SOFT_ENTRY = 2  # its cache type where it is a soft link


class Link(NamedTuple):
    """Where a name leads: the address of an object, for a hard link."""

    kind: str
    address: int


def read_links(reader: Reader, messages: Sequence[Message]) -> dict[str, Link] | None:
    """Gather the members of the group that has these messages; None if they belong to no group."""
    links: dict[str, Link] = {}
    is_group = False
    for message in messages:
        if message.kind == SYMBOL_TABLE:
            is_group = True
            for name, link in _table(reader, number(message.data, 0), number(message.data, 8)):
                _add(links, name, link)
        elif message.kind == LINK:
            is_group = True
            _add(links, *_single(message.data))
        elif message.kind == LINK_INFO:
            is_group = True
            for single in _dense(reader, message.data):
                _add(links, *_single(single))
    return links if is_group else None


def _add(links: dict[str, Link], name: str, link: Link) -> None:
    if name in links or len(links) >= MOST_LINKS:
        raise ModelFileError(f"an HDF5 group holds {name[:100]!r} twice, or more than {MOST_LINKS} members")
    links[name] = link


def _dense(reader: Reader, data: bytes) -> Iterator[bytes]:
    """Go through the link messages of a group that has too many for its header: a heap, and a tree that lists them."""
    start = 10 if number(data, 1, 1) & 1 else 2
    heap, names = number(data, start), number(data, start + 8)
    if heap == NOWHERE:
        return
    objects = FractalHeap(reader, heap)
    for record in read_records(reader, names, LINK_NAMES):
        yield objects.get(record[4:])  # behind a hash of the name


def _table(reader: Reader, tree: int, heap: int) -> Iterator[tuple[str, Link]]:
    head = reader.read(heap, 32, b"HEAP")
    names = reader.read(number(head, 24), number(head, 8))
    for node in tree_leaves(reader, tree, kind=0, key_size=8):
        table = reader.read(node, 8, b"SNOD")
        entries = reader.read(node + 8, number(table, 6, 2) * _ENTRY)
        for position in range(0, len(entries), _ENTRY):
            reader.budget.charge_work(_ENTRY)
            kind = SOFT if number(entries, position + 16, 4) == _SOFT_ENTRY else HARD
            start = number(entries, position)
            end = names.find(b"\0", start)
            if end < 0:
                raise ModelFileError("a name in an HDF5 group does not end")
            yield _text(names[start:end]), Link(kind, number(entries, position + 8))


def tree_leaves(reader: Reader, root: int, *, kind: int, key_size: int) -> Iterator[int]:
    """Go through what the leaves of a tree point at."""
    for _, child in tree_entries(reader, root, kind=kind, key_size=key_size):
        yield child


def tree_entries(reader: Reader, root: int, *, kind: int, key_size: int) -> Iterator[tuple[bytes, int]]:
    """Go through the keys and children of the leaves of a version 1 B-tree; no node may be met twice."""
    waiting, seen, step = [(root, -1)], {root}, key_size + 8
    while waiting:
        address, expected_level = waiting.pop()
        head = reader.read(address, 24, b"TREE" + bytes([kind]))
        level = head[5]
        if expected_level not in {-1, level}:
            raise ModelFileError(f"the HDF5 tree at byte {address} has the level {level}, expected {expected_level}")
        entries = reader.read(address + 24, number(head, 6, 2) * step)
        for position in range(0, len(entries), step):
            reader.budget.charge_work(_ENTRY)
            child = number(entries, position + key_size)
            if level == 0:
                yield entries[position : position + key_size], child
            elif child in seen:
                raise ModelFileError(f"the HDF5 tree at byte {root} goes round in circles")
            else:
                seen.add(child)
                waiting.append((child, level - 1))


def _single(data: bytes) -> tuple[str, Link]:
    """Read a link that stands in a message of its own."""
    flags = number(data, 1, 1)
    position = 2
    kind = number(data, position, 1) if flags & 8 else 0
    position += (1 if flags & 8 else 0) + (8 if flags & 4 else 0) + (1 if flags & 16 else 0)
    width = 1 << (flags & 3)
    length = number(data, position, width)
    start = position + width
    if data[:1] != b"\x01" or kind not in _KINDS or start + length > len(data):
        raise ModelFileError("a link of the HDF5 file is damaged")
    target = number(data, start + length) if kind == 0 else NOWHERE
    return _text(data[start : start + length]), Link(_KINDS[kind], target)


def _text(name: bytes) -> str:
    try:
        return name.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ModelFileError(f"a name in the HDF5 file is not UTF-8 text: {name[:100]!r}") from error
