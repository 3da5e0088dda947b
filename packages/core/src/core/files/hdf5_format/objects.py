"""Groups and arrays as objects: a group opens its members one hard link at a time; an array gives its numbers."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError
from core.files.hdf5_format.arrays import read_array
from core.files.hdf5_format.attributes import Attributes
from core.files.hdf5_format.headers import DATASPACE, DATATYPE, EXTERNAL, LAYOUT, Message, read_messages
from core.files.hdf5_format.links import Link, read_links
from core.files.hdf5_format.source import Source, number
from core.files.hdf5_format.types import VariableString, read_shape, read_type

MAGIC = b"\x89HDF\r\n\x1a\n"


class _Object:
    """What groups and arrays share: a path, an address and attributes."""

    def __init__(self, source: Source, name: str, address: int, messages: list[Message]) -> None:
        self.source, self.name, self.address, self.messages = source, name, address, messages

    @cached_property
    def attrs(self) -> Attributes:
        """The attributes by name."""
        return Attributes(self.source, self.messages)


class Group(_Object):
    """A folder of the file: names that lead to groups and arrays."""

    def __init__(
        self, source: Source, name: str, address: int, messages: list[Message], links: dict[str, Link]
    ) -> None:
        super().__init__(source, name, address, messages)
        self.links = links

    def __iter__(self) -> Iterator[str]:
        return iter(self.links)

    def __len__(self) -> int:
        return len(self.links)

    def __contains__(self, name: object) -> bool:
        return name in self.links

    def path(self, name: str) -> str:
        """Give the path of a member, as errors name it."""
        return f"{self.name.rstrip('/')}/{name}"

    def open(self, name: str) -> Group | Dataset:
        """Open the object that a hard link leads to."""
        return _open(self.source, self.path(name), self.links[name].address)


class Dataset(_Object):
    """An array of the file: its shape and type now, its numbers when `read` is called."""

    def __init__(self, source: Source, name: str, address: int, messages: list[Message]) -> None:
        super().__init__(source, name, address, messages)
        found = {message.kind: message.data for message in messages}
        self.shape = read_shape(found[DATASPACE])
        kind = read_type(found[DATATYPE])
        self.dtype: np.dtype = np.dtype(object) if isinstance(kind, VariableString) else kind
        #: Whether its numbers stand in other files, at places that the file states.
        self.external = EXTERNAL in found

    def read(self) -> Array:
        """Read the numbers. Raises `ModelFileError` where they are not all inside this file."""
        if self.external:
            raise ModelFileError(f"{self.name} keeps its data in another file, which is refused")
        if self.dtype.kind == "O":
            raise ModelFileError(f"{self.name} holds texts, expected numbers")
        try:
            return read_array(self.source, self.messages, self.shape, self.dtype)
        except ModelFileError as error:
            raise ModelFileError(f"{self.name}: {error}") from error


def open_root(file: BinaryIO) -> Group:
    """Open the root group of an HDF5 file, which begins with its first byte."""
    size = file.seek(0, io.SEEK_END)
    source = Source(file, size)
    head = source.read(0, min(size, 96), MAGIC)
    version = number(head, 8, 1)
    newer = version in {2, 3}
    widths = head[9:11] if newer else head[13:15]
    if version > 3 or widths != b"\x08\x08":
        raise ModelFileError(
            f"an HDF5 file of version {version} with addresses of {widths!r} bytes, which Keras never writes"
        )
    base = number(head, {0: 24, 1: 28}.get(version, 12))
    if base:
        raise ModelFileError(f"the HDF5 file counts its addresses from byte {base}, expected 0")
    root = _open(source, "/", number(head, {0: 64, 1: 68}.get(version, 36)))
    if not isinstance(root, Group):
        raise ModelFileError("the HDF5 file has an array where its root group should be")
    return root


def _open(source: Source, name: str, address: int) -> Any:
    messages = read_messages(source, address)
    links = read_links(source, messages)
    if links is not None:
        return Group(source, name, address, messages, links)
    if not {DATASPACE, DATATYPE, LAYOUT} <= {message.kind for message in messages}:
        raise ModelFileError(f"{name} is neither a group nor an array")
    return Dataset(source, name, address, messages)
