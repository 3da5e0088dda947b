"""The members of a group as HDF5 keeps them: names in a heap, addresses in nodes sorted by name, and a tree above those."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Protocol

from core.files.hdf5_format.reader import NOWHERE

#: Half the number of members in a node, and of nodes below a node of the tree: those of every Keras file.
LEAF_RANK, TREE_RANK = 4, 16
_NODE_SIZE = 8 + 2 * LEAF_RANK * 40
_TREE_SIZE = 24 + (2 * TREE_RANK + 1) * 8 + 2 * TREE_RANK * 8
_NO_FREE_BLOCK = 1


class Layout(Protocol):
    """A file that grows: `size` is the address of its next part."""

    size: int

    def place(self, part: bytes, size: int) -> int:
        """Return the address of the next part of the file."""


def symbol_table(addresses: Mapping[bytes, int], layout: Layout) -> tuple[int, int]:
    """Place the members of a group, given by name and address; return the addresses of their tree and of their heap."""
    names = bytearray(8)  # the empty name stands first
    offsets: dict[bytes, int] = {}
    ordered = sorted(addresses)
    for name in ordered:
        if not name or b"\0" in name or b"/" in name:
            raise ValueError(f"HDF5 cannot name a member {name!r}")
        offsets[name] = len(names)
        names += name + bytes(8 - len(name) % 8)
    head = b"HEAP" + bytes(4) + struct.pack("<QQ", len(names), _NO_FREE_BLOCK)
    heap = layout.place(head + struct.pack("<Q", layout.place(bytes(names), len(names))), 32)

    #: What the level below has: the address of each node, and the offset of its largest name.
    below: list[tuple[int, int]] = []
    for start in range(0, len(ordered), 2 * LEAF_RANK):
        part = ordered[start : start + 2 * LEAF_RANK]
        entries = b"".join(struct.pack("<QQ24x", offsets[name], addresses[name]) for name in part)
        node = (b"SNOD" + struct.pack("<BxH", 1, len(part)) + entries).ljust(_NODE_SIZE, b"\0")
        below.append((layout.place(node, _NODE_SIZE), offsets[part[-1]]))
    level = 0
    while True:
        below = _tree_level(below, level, layout)
        level += 1
        if len(below) == 1:
            return below[0][0], heap


def _tree_level(below: list[tuple[int, int]], level: int, layout: Layout) -> list[tuple[int, int]]:
    """Place one level of the tree over the nodes below; return its nodes in the same form."""
    width = 2 * TREE_RANK
    parts = [below[start : start + width] for start in range(0, len(below), width)] or [[]]
    first = layout.size  # the nodes of a level stand side by side
    neighbors = [NOWHERE, *(first + index * _TREE_SIZE for index in range(len(parts))), NOWHERE]
    nodes: list[tuple[int, int]] = []
    largest = 0  # the offset of the largest name so far: at first that of the empty one
    for index, part in enumerate(parts):
        head = b"TREE" + struct.pack("<BBHQQ", 0, level, len(part), neighbors[index], neighbors[index + 2])
        keys = struct.pack("<Q", largest) + b"".join(struct.pack("<QQ", *child) for child in part)
        largest = part[-1][1] if part else 0
        nodes.append((layout.place((head + keys).ljust(_TREE_SIZE, b"\0"), _TREE_SIZE), largest))
    return nodes
