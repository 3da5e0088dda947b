"""What the elements of an HDF5 array are, and its shape: numbers, strings of one length, or strings in the heap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ModelFileError
from core.files.hdf5_format.reader import number

_INTEGER, _FLOAT, _STRING, _OPAQUE, _ENUM, _VARIABLE = 0, 1, 3, 5, 8, 9
_CLASSES = (
    "integers", "floats", "times", "texts", "bit fields", "opaque bytes", "records", "references", "an enumeration",
    "lists of any length", "arrays", "complex numbers",
)  # fmt: skip
#: Sizes in bytes of IEEE floats: where exponent and mantissa start and how wide they are, and the exponent's bias.
_IEEE = {2: (10, 5, 0, 10, 15), 4: (23, 8, 0, 23, 127), 8: (52, 11, 0, 52, 1023)}
#: How a float says that the first bit of its mantissa is a 1 which is not written.
_IMPLIED = 2
#: NumPy has no more axes; HDF5 itself stops at 32.
_MOST_AXES = 32
#: The limit of an axis that may become as long as one likes.
UNLIMITED = 2**64 - 1


@dataclass(frozen=True)
class VariableString:
    """Text of any length, kept in the file's global heap; an element is 16 bytes that say where."""

    itemsize: int = 16


ElementType = np.dtype | VariableString


def read_type(data: bytes) -> ElementType:
    """Read a datatype message. Raises `ModelFileError` for a type that no Keras file has."""
    version, kind = number(data, 0, 1) >> 4, number(data, 0, 1) & 15
    bits, size = number(data, 1, 3), number(data, 4, 4)
    order = ">" if bits & 1 else "<"
    if version not in {1, 2, 3, 4, 5}:
        raise ModelFileError(f"an HDF5 array has a type of version {version}, which is not known here")
    if kind == _INTEGER and size in {1, 2, 4, 8} and (number(data, 8, 2), number(data, 10, 2)) == (0, 8 * size):
        return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
    if kind == _FLOAT and size in _IEEE and not bits & 64:
        layout, sign, first = (*data[12:16], number(data, 16, 4)), bits >> 8 & 255, bits >> 4 & 3
        whole = (number(data, 8, 2), number(data, 10, 2)) == (0, 8 * size)
        if layout == _IEEE[size] and whole and sign == 8 * size - 1 and first == _IMPLIED:
            return np.dtype(f"{order}f{size}")
    if kind == _STRING and size > 0:
        return np.dtype(f"S{size}")
    if kind == _OPAQUE and size > 0:
        return np.dtype(f"V{size}")
    if kind == _ENUM:
        parent = read_type(data[8:28])  # a whole number, without types of its own
        if isinstance(parent, np.dtype) and parent.kind in "iu" and parent.itemsize == size:
            return parent
    if kind == _VARIABLE and bits & 15 == 1 and size == VariableString.itemsize:
        return VariableString()
    name = _CLASSES[kind] if kind < len(_CLASSES) else f"class {kind}"
    odd = " in an unusual layout" if kind in {_INTEGER, _FLOAT, _ENUM} else ""
    raise ModelFileError(
        f"an HDF5 array holds elements of a kind ({name} of {size} bytes{odd}) that Keras never writes"
    )


def unpadded(text: bytes, data: bytes) -> bytes:
    """Cut what fills a text of fixed length behind its end, as its datatype message says; NumPy has cut zeros."""
    ended_by_zero, filled_with_spaces = 0, 2
    filling = number(data, 1, 1) & 15
    if filling == ended_by_zero:
        return text.split(b"\0", 1)[0]
    return text.rstrip(b" ") if filling == filled_with_spaces else text


def read_shape(data: bytes) -> tuple[int, ...]:
    """Read a dataspace message: the size of each axis. The empty dataspace has the shape (0,)."""
    version, rank = number(data, 0, 1), number(data, 1, 1)
    if version not in {1, 2} or rank > _MOST_AXES:
        raise ModelFileError(f"an HDF5 array has {rank} axes in a dataspace of version {version}")
    if version == 2 and number(data, 3, 1) == 2:
        return (0,)
    start = 8 if version == 1 else 4
    return tuple(number(data, start + 8 * axis) for axis in range(rank))


def read_limits(data: bytes) -> tuple[int, ...]:
    """Read how large each axis may become, from a dataspace message; `UNLIMITED` where there is no limit."""
    shape = read_shape(data)
    start = 8 if number(data, 0, 1) == 1 else 4
    if not number(data, 2, 1) & 1:
        return shape
    return tuple(number(data, start + 8 * (len(shape) + axis)) for axis in range(len(shape)))
