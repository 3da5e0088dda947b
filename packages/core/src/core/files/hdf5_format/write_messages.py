"""What an HDF5 object says of itself: the messages of its header (shape, type, attributes), and the heap of long texts."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from core.errors import InputError
from core.files.hdf5_format.write_groups import Layout

#: A header counts its messages in two bytes, and ...
_MOST_MESSAGES = 2**15
#: ... a message states its size in two bytes.
_LARGEST_MESSAGE = 2**16 - 8
#: IEEE floats by size: position of the sign, then exponent and mantissa: where each starts and how wide it is; the bias.
_FLOATS = {2: (15, 10, 5, 0, 10, 15), 4: (31, 23, 8, 0, 23, 127), 8: (63, 52, 11, 0, 52, 1023)}
#: Texts of any length: a sequence of bytes (class 9) that is a UTF-8 string.
_TEXT = bytes.fromhex("19010100 10000000 10000000 01000000 00000800")
#: The library makes no collection of texts smaller than this.
_SMALLEST_HEAP = 4096


def object_header(messages: Iterable[tuple[int, bytes]]) -> bytes:
    """Return the header of an object from the kinds and contents of its messages."""
    packed = []
    for kind, data in messages:
        padded = data + bytes(-len(data) % 8)
        if len(padded) > _LARGEST_MESSAGE:
            raise InputError(f"HDF5 takes attributes of at most {_LARGEST_MESSAGE:,} bytes, got {len(data):,}")
        packed.append(struct.pack("<HHB3x", kind, len(padded), 0) + padded)
    if len(packed) > _MOST_MESSAGES:
        raise InputError(f"HDF5 takes at most {_MOST_MESSAGES:,} attributes, got {len(packed):,}")
    body = b"".join(packed)
    return struct.pack("<BxHII4x", 1, len(packed), 1, len(body)) + body


def dataspace(shape: tuple[int, ...]) -> bytes:
    """Return the message that states the size of each axis."""
    return struct.pack(f"<BBB5x{len(shape)}Q", 1, len(shape), 0, *shape)


def datatype(dtype: np.dtype) -> bytes:
    """Return the message that states what the elements are; numbers are written little-endian."""
    size = dtype.itemsize
    if dtype.kind in "iu":
        return struct.pack("<BBxxIHH", 0x10, 8 if dtype.kind == "i" else 0, size, 0, 8 * size)
    if dtype.kind == "f" and size in _FLOATS:
        sign, *layout = _FLOATS[size]
        return struct.pack("<BBBxIHHBBBBI", 0x11, 0x20, sign, size, 0, 8 * size, *layout)
    if dtype.kind == "b":  # an enumeration, as h5py writes it
        return struct.pack("<BBxxI", 0x18, 2, 1) + datatype(np.dtype("i1")) + b"FALSE\0\0\0TRUE\0\0\0\0" + bytes([0, 1])
    if dtype.kind == "S" and size:
        return struct.pack("<BBxxI", 0x13, 1, size)  # padded with zeros
    if dtype.kind == "V" and size and dtype.names is None and dtype.subdtype is None:
        return struct.pack("<BBxxI", 0x15, 8, size) + bytes(8)  # opaque, with an empty tag
    raise InputError(f"HDF5 files of Keras hold numbers, booleans and bytes, got {dtype}")


def attribute(name: str, value: Any, texts: Mapping[bytes, tuple[int, int]]) -> bytes:
    """Return the message of an attribute: a text or a list of texts, which `texts` finds in the heap, or bytes or numbers."""
    named = texts_of(value)
    if named is None:
        array = np.asarray(value, order="C")
        kind, shape = datatype(array.dtype), array.shape
        data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    else:
        kind, shape = _TEXT, () if isinstance(value, str) else (len(named),)
        data = b"".join(struct.pack("<IQI", len(text), *texts.get(text, (0, 0))) for text in named)
    label, space = name.encode() + b"\0", dataspace(shape)
    return struct.pack("<BBHHHB", 3, 0, len(label), len(kind), len(space), 1) + label + kind + space + data


def texts_of(value: Any) -> list[bytes] | None:
    """Return the texts that the value of an attribute holds; None where it holds bytes or numbers."""
    values = [value] if isinstance(value, str) else value
    if isinstance(values, list | tuple) and all(isinstance(item, str) for item in values):
        return [item.encode() for item in values]
    return None


def place_texts(texts: Iterable[bytes], layout: Layout) -> dict[bytes, tuple[int, int]]:
    """Place texts in collections of the global heap; return the collection and number of each."""
    found: dict[bytes, tuple[int, int]] = {}
    waiting = sorted({text for text in texts if text})
    while waiting:
        objects = bytearray()
        taken = 0
        for text in waiting:
            if taken and (len(objects) + len(text) > _SMALLEST_HEAP - 64):
                break
            taken += 1
            found[text] = (layout.size, taken)
            objects += struct.pack("<HHxxxxQ", taken, 0, len(text)) + text + bytes(-len(text) % 8)
        free = max(_SMALLEST_HEAP - 16 - len(objects), 16)
        size = 16 + len(objects) + free
        head = b"GCOL" + struct.pack("<BxxxQ", 1, size)
        layout.place(head + objects + struct.pack("<HHxxxxQ", 0, 0, free) + bytes(free - 16), size)
        waiting = waiting[taken:]
    return found
