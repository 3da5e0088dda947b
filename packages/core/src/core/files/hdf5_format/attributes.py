"""Attributes of an HDF5 object: named values in its header, or (many or large ones) in a heap of their own.

Texts of any length stand in the global heap of the file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from core.errors import ModelFileError
from core.files.budget import LARGEST_JSON
from core.files.hdf5_format.btree import ATTRIBUTE_NAMES, read_records
from core.files.hdf5_format.fractal_heap import FractalHeap
from core.files.hdf5_format.headers import ATTRIBUTE, ATTRIBUTE_INFO, Message
from core.files.hdf5_format.reader import NOWHERE, Reader, number
from core.files.hdf5_format.types import VariableString, read_shape, read_type, unpadded

_TEXT = 64  # work of making one text, however short


class Attributes(Mapping[str, Any]):
    """The attributes of one object by name; a value is read when it is asked for.

    A text is bytes, several are a list of bytes, numbers are an array.
    """

    def __init__(self, reader: Reader, messages: Sequence[Message]) -> None:
        self._reader = reader
        self._values: dict[str, tuple[bytes, bytes, bytes]] = {}
        for message in messages:
            if message.kind == ATTRIBUTE:
                self._add(message.data)
            elif message.kind == ATTRIBUTE_INFO:
                for data in _dense(reader, message.data):
                    self._add(data)

    def _add(self, data: bytes) -> None:
        name, *parts = _split(data)
        if name in self._values:
            raise ModelFileError(f"an HDF5 object has the attribute {name[:100]!r} twice")
        self._values[name] = (parts[0], parts[1], parts[2])

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, name: str) -> Any:
        type_data, shape_data, data = self._values[name]
        kind, shape = read_type(type_data), read_shape(shape_data)
        count = math.prod(shape)
        if count * kind.itemsize > len(data):
            raise ModelFileError(f"the attribute {name[:100]!r} is damaged: its shape {shape} is larger than its data")
        if isinstance(kind, np.dtype) and kind.kind != "S":
            return np.frombuffer(data, kind, count).reshape(shape)
        self._reader.budget.charge_work(_TEXT * count)
        if isinstance(kind, VariableString):
            texts = _texts(self._reader, data, count, name)
        else:
            texts = [unpadded(text, type_data) for text in np.frombuffer(data, kind, count).tolist()]
        return texts if shape else texts[0]


def _dense(reader: Reader, data: bytes) -> Iterator[bytes]:
    """Go through the attribute messages of an object that has too many for its header: a heap, and a tree of them."""
    start = 4 if number(data, 1, 1) & 1 else 2
    heap, names = number(data, start), number(data, start + 8)
    if heap == NOWHERE:
        return
    objects = FractalHeap(reader, heap)
    for record in read_records(reader, names, ATTRIBUTE_NAMES):
        if record[8:9] != b"\0":
            raise ModelFileError("an HDF5 attribute is shared between objects, which Keras never writes")
        yield objects.get(record[:8])


def _split(data: bytes) -> tuple[str, bytes, bytes, bytes]:
    """Take an attribute message apart: name, type, shape, value."""
    version = number(data, 0, 1)
    if version not in {1, 2, 3} or (version > 1 and number(data, 1, 1)):
        raise ModelFileError(f"an HDF5 attribute of version {version} is damaged or shared, which Keras never writes")
    sizes = [number(data, start, 2) for start in (2, 4, 6)]
    position = 9 if version == 3 else 8
    parts = []
    for size in sizes:
        parts.append(data[position : position + size])
        position += (size + 7) // 8 * 8 if version == 1 else size
    return parts[0].split(b"\0")[0].decode("utf-8", errors="replace"), parts[1], parts[2], data[position:]


def _texts(reader: Reader, data: bytes, count: int, name: str) -> list[bytes]:
    """Fetch the texts that `count` elements of `data` name, by heap and number."""
    texts, total = [], 0
    for position in range(0, 16 * count, 16):
        length, address, index = number(data, position, 4), number(data, position + 4), number(data, position + 12, 4)
        total += length
        if total > LARGEST_JSON:
            raise ModelFileError(f"the attribute {name[:100]!r} is larger than {LARGEST_JSON:,} bytes")
        if length == 0:
            texts.append(b"")
            continue
        if address not in reader.heaps:
            reader.heaps[address] = _heap(reader, address)
        text = reader.heaps[address].get(index)
        if text is None or length > len(text):
            raise ModelFileError(f"the attribute {name[:100]!r} names a text that the file does not hold")
        reader.budget.charge_work(length)
        texts.append(bytes(text[:length]))
    return texts


def _heap(reader: Reader, address: int) -> dict[int, memoryview]:
    """Read a global heap collection: the texts in it, by number."""
    size = number(reader.read(address, 16, b"GCOL"), 8)
    heap = memoryview(reader.read(address, size))
    found: dict[int, memoryview] = {}
    position = 16
    while position + 16 <= size:
        reader.budget.charge_work(_TEXT)
        head = bytes(heap[position : position + 16])
        index, length = number(head, 0, 2), number(head, 8)
        if index == 0:  # what is left is free
            break
        position += 16
        if position + length > size or index in found:
            raise ModelFileError(f"the HDF5 heap at byte {address} is damaged")
        found[index] = heap[position : position + length]
        position += (length + 7) // 8 * 8
    return found
