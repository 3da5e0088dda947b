"""What the elements of an HDF5 array are, and its shape: numbers, strings of one length, or strings in the heap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.errors import ModelFileError
from core.files.hdf5_format.source import number

_INTEGER, _FLOAT, _STRING, _OPAQUE, _ENUM, _VARIABLE = 0, 1, 3, 5, 8, 9
#: Sizes in bytes of IEEE floats: where exponent and mantissa start and how wide they are, and the exponent's bias.
_IEEE = {2: (10, 5, 0, 10, 15), 4: (23, 8, 0, 23, 127), 8: (52, 11, 0, 52, 1023)}
#: NumPy has no more axes; HDF5 itself stops at 32.
_MOST_AXES = 32


@dataclass(frozen=True)
class VariableString:
    """Text of any length, kept in the file's global heap; an element is 16 bytes that say where."""

    itemsize: int = 16


ElementType = np.dtype | VariableString


def read_type(data: bytes) -> ElementType:
    """Read a datatype message. Raises `ModelFileError` for a type that no Keras file has."""
    kind, bits, size = number(data, 0, 1) & 15, number(data, 1, 3), number(data, 4, 4)
    order = ">" if bits & 1 else "<"
    if kind == _INTEGER and size in {1, 2, 4, 8} and (number(data, 8, 2), number(data, 10, 2)) == (0, 8 * size):
        return np.dtype(f"{order}{'i' if bits & 8 else 'u'}{size}")
    if kind == _FLOAT and size in _IEEE and not bits & 64:
        layout = (*data[12:16], number(data, 16, 4))
        if layout == _IEEE[size] and (number(data, 8, 2), number(data, 10, 2)) == (0, 8 * size):
            return np.dtype(f"{order}f{size}")
    if kind == _STRING and size > 0:
        return np.dtype(f"S{size}")
    if kind == _OPAQUE and size > 0:
        return np.dtype(f"V{size}")
    if kind == _ENUM:
        parent = read_type(data[8:])
        if isinstance(parent, np.dtype) and parent.kind in "iu":
            return parent
    if kind == _VARIABLE and bits & 15 == 1:
        return VariableString()
    raise ModelFileError(f"an HDF5 array holds elements of a kind (class {kind}, {size} bytes) that Keras never writes")


def read_shape(data: bytes) -> tuple[int, ...]:
    """Read a dataspace message: the size of each axis. The empty dataspace has the shape (0,)."""
    version, rank = number(data, 0, 1), number(data, 1, 1)
    if version not in {1, 2} or rank > _MOST_AXES:
        raise ModelFileError(f"an HDF5 array has {rank} axes in a dataspace of version {version}")
    if version == 2 and number(data, 3, 1) == 2:
        return (0,)
    start = 8 if version == 1 else 4
    return tuple(number(data, start + 8 * axis) for axis in range(rank))
