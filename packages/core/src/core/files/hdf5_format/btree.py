"""Trees of records (version 2 of HDF5's B-trees): where newer files keep long lists of links, attributes and chunks."""

from __future__ import annotations

from collections.abc import Iterator

from core.errors import ModelFileError
from core.files.hdf5_format.reader import NOWHERE, Reader, count_bytes_of, number

#: What records are of.
HUGE_OBJECTS, LINK_NAMES, ATTRIBUTE_NAMES, CHUNKS, FILTERED_CHUNKS = 1, 5, 8, 10, 11
#: Signature, version and type of a node before its records, and the checksum behind them.
_BEGIN, _OVERHEAD = 6, 10
_DEEPEST = 16


def read_records(reader: Reader, address: int, kind: int) -> Iterator[bytes]:
    """Go through the records of a tree, in no order; no node may be met twice."""
    head = reader.read_checked(address, 34, b"BTHD\0" + bytes([kind]))
    node_size, size, depth = number(head, 6, 4), number(head, 10, 2), number(head, 12, 2)
    root, count, total = number(head, 16), number(head, 24, 2), number(head, 26)
    if not size or node_size < _OVERHEAD + size or depth > _DEEPEST:
        raise ModelFileError(f"the HDF5 tree at byte {address} is damaged")
    if root == NOWHERE or not total:
        return
    pointers = _pointers(node_size, size, depth)
    waiting, seen, found = [(root, count, depth)], {root}, 0
    while waiting:
        node, count, level = waiting.pop()
        pointer, width = pointers[level]
        children = _BEGIN + count * size
        end = children + ((count + 1) * pointer if level else 0)
        if end + 4 > node_size:
            raise ModelFileError(f"the HDF5 tree at byte {address} is damaged")
        data = reader.read_checked(node, end, (b"BTIN\0" if level else b"BTLF\0") + bytes([kind]))
        for start in range(_BEGIN, children, size):
            yield data[start : start + size]
        found += count
        for start in range(children, end, pointer) if level else ():
            child = number(data, start)
            if child in seen:
                raise ModelFileError(f"the HDF5 tree at byte {address} goes round in circles")
            seen.add(child)
            waiting.append((child, number(data, start + 8, width), level - 1))
    if found != total:
        raise ModelFileError(f"the HDF5 tree at byte {address} has {found} records, and says {total}")


def _pointers(node_size: int, size: int, depth: int) -> list[tuple[int, int]]:
    """List for each level the bytes of a pointer to a child, and those in it that count the child's own records.

    How wide the counts are follows from how many records could be in a child, and below it.
    """
    most = (node_size - _OVERHEAD) // size
    width, below, wide = count_bytes_of(most), most, 0
    pointers = [(0, 0)]
    for _ in range(depth):
        pointer = 8 + width + wide
        pointers.append((pointer, width))
        here = max(0, (node_size - _OVERHEAD - pointer) // (size + pointer))
        below = (here + 1) * below + here
        wide = count_bytes_of(below)
    return pointers
