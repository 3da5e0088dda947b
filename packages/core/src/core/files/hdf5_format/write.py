"""Writing HDF5: groups, arrays of numbers, and texts as attributes, in the oldest form of the format, which all readers know.

First every object is given its address, children before their group; then all is written from the first byte to the last,
each array straight from memory. Nothing is sought or changed afterwards, so the file may be a member of a zip archive.

Source: https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from core.arrays import Array
from core.files.hdf5_format.reader import NOWHERE
from core.files.hdf5_format.write_groups import LEAF_RANK, TREE_RANK, symbol_table
from core.files.hdf5_format.write_messages import attribute, dataspace, datatype, object_header, place_texts, texts_of

_DATASPACE, _DATATYPE, _FILL_VALUE, _LAYOUT, _ATTRIBUTE, _SYMBOL_TABLE = 0x01, 0x03, 0x05, 0x08, 0x0C, 0x11
#: Version 2; allocated late, written if it is set, and it is the default.
_DEFAULT_FILL = bytes([2, 2, 2, 1, 0, 0, 0, 0])
_SUPERBLOCK_SIZE = 96


@dataclass
class NewDataset:
    """An array that will be written: `read` returns it when its turn comes, so that no copies gather."""

    shape: tuple[int, ...]
    dtype: np.dtype
    read: Callable[[], Array]
    attrs: dict[str, Any] = field(default_factory=dict)


@dataclass
class NewGroup:
    """A group that will be written: its members by name, and its attributes."""

    members: dict[str, NewGroup | NewDataset] = field(default_factory=dict)
    attrs: dict[str, Any] = field(default_factory=dict)

    def require(self, path: str) -> NewGroup:
        """Return the group at `path`, after making those on the way that are not there."""
        group = self
        for name in path.split("/"):
            member = group.members.setdefault(name, NewGroup())
            if not isinstance(member, NewGroup):
                raise ValueError(f"{name!r} of {path!r} is an array")
            group = member
        return group


class Sink(Protocol):
    """What the bytes are written to."""

    def write(self, data: Any, /) -> Any:
        """Take the next bytes."""


class Plan:
    """A file whose addresses are all known: `size` bytes, written in order by `write`."""

    def __init__(self, root: NewGroup) -> None:
        self.size = _SUPERBLOCK_SIZE
        self._parts: list[bytes | NewDataset] = [b""]
        self._texts = place_texts(_texts(root), self)
        header, tree, heap = self._group(root)
        self._parts[0] = _superblock(header, tree, heap, self.size)

    def place(self, part: bytes | NewDataset, size: int) -> int:
        """Return the address of the next part of the file, which has `size` bytes."""
        address = self.size
        self._parts.append(part)
        self.size += size + -size % 8
        return address

    def write(self, sink: Sink) -> None:
        """Write the whole file."""
        for part in self._parts:
            if isinstance(part, bytes):
                sink.write(part + bytes(-len(part) % 8))
            else:
                size = 0
                for block in _blocks(part):
                    sink.write(block)
                    size += len(block)
                sink.write(bytes(-size % 8))

    def _group(self, group: NewGroup) -> tuple[int, int, int]:
        """Place a group after all its members; return the addresses of its header, tree and heap."""
        addresses = {
            name.encode(): self._group(member)[0] if isinstance(member, NewGroup) else self._dataset(member)
            for name, member in group.members.items()
        }
        tree, heap = symbol_table(addresses, self)
        messages = [(_SYMBOL_TABLE, struct.pack("<QQ", tree, heap)), *self._attributes(group.attrs)]
        return self._header(messages), tree, heap

    def _dataset(self, dataset: NewDataset) -> int:
        size = math.prod(dataset.shape) * dataset.dtype.itemsize
        address = self.place(dataset, size) if size else NOWHERE
        messages = [
            (_DATASPACE, dataspace(dataset.shape)),
            (_DATATYPE, datatype(dataset.dtype)),
            (_FILL_VALUE, _DEFAULT_FILL),
            (_LAYOUT, struct.pack("<BBQQ", 3, 1, address, size)),
            *self._attributes(dataset.attrs),
        ]
        return self._header(messages)

    def _attributes(self, attrs: Mapping[str, Any]) -> Iterator[tuple[int, bytes]]:
        return ((_ATTRIBUTE, attribute(name, value, self._texts)) for name, value in attrs.items())

    def _header(self, messages: list[tuple[int, bytes]]) -> int:
        data = object_header(messages)
        return self.place(data, len(data))


def _texts(group: NewGroup) -> Iterator[bytes]:
    """Go through the texts of all attributes."""
    for member in (group, *group.members.values()):
        for value in member.attrs.values():
            yield from texts_of(value) or ()
        if isinstance(member, NewGroup) and member is not group:
            yield from _texts(member)


def _blocks(dataset: NewDataset) -> Iterator[memoryview]:
    """Go through the bytes of an array, little-endian and in C order."""
    value = dataset.read()
    if value.shape != dataset.shape:
        raise ValueError(f"an array of shape {dataset.shape} became one of {value.shape}")
    stored = np.ascontiguousarray(value, dataset.dtype.newbyteorder("<"))
    yield stored.reshape(-1).view(np.uint8).data


def _superblock(header: int, tree: int, heap: int, size: int) -> bytes:
    """Version 0: the widths of addresses, the sizes of the groups' nodes, the end of the file, and the root group."""
    versions = bytes([0, 0, 0, 0, 0, 8, 8, 0])
    head = b"\x89HDF\r\n\x1a\n" + versions + struct.pack("<HHI", LEAF_RANK, TREE_RANK, 0)
    return head + struct.pack("<QQQQ", 0, NOWHERE, size, NOWHERE) + struct.pack("<QQIIQQ", 0, header, 1, 0, tree, heap)
