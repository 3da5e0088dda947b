"""Groups and arrays as objects: a group opens its members one hard link at a time; an array gives its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import BinaryIO

import numpy as np

from core.arrays import Array
from core.errors import ModelFileError
from core.files.budget import Budget
from core.files.hdf5_format.arrays import read_array
from core.files.hdf5_format.attributes import Attributes
from core.files.hdf5_format.headers import DATASPACE, DATATYPE, EXTERNAL, LAYOUT, Message, only, read_messages
from core.files.hdf5_format.links import Link, read_links
from core.files.hdf5_format.reader import Reader
from core.files.hdf5_format.superblock import find_root, find_superblock
from core.files.hdf5_format.types import VariableString, read_shape, read_type


class _Object:
    """What groups and arrays share: a path, an address and attributes."""

    def __init__(self, reader: Reader, name: str, address: int, messages: list[Message]) -> None:
        self.reader, self.name, self.address, self.messages = reader, name, address, messages

    @cached_property
    def attrs(self) -> Attributes:
        """The attributes by name."""
        return Attributes(self.reader, self.messages)


class Group(_Object):
    """A folder of the file: names that lead to groups and arrays."""

    def __init__(
        self, reader: Reader, name: str, address: int, messages: list[Message], links: dict[str, Link]
    ) -> None:
        super().__init__(reader, name, address, messages)
        self.links = links

    def __iter__(self) -> Iterator[str]:
        return iter(self.links)

    def __len__(self) -> int:
        return len(self.links)

    def __contains__(self, name: object) -> bool:
        return name in self.links

    def path(self, name: str) -> str:
        """Return the path of a member, as errors name it."""
        return f"{self.name.rstrip('/')}/{name}"

    def open(self, name: str) -> Group | Dataset:
        """Open the object that a hard link leads to."""
        return _open(self.reader, self.path(name), self.links[name].address)


class Dataset(_Object):
    """An array of the file: its shape and type when asked for, its numbers when `read` is called."""

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return read_shape(self._only(DATASPACE))

    @cached_property
    def dtype(self) -> np.dtype:
        """The type of the elements; that of texts of any length is ``object``."""
        try:
            kind = read_type(self._only(DATATYPE))
        except ModelFileError as error:
            raise ModelFileError(f"{self.name}: {error}") from error
        return np.dtype(object) if isinstance(kind, VariableString) else kind

    def _only(self, kind: int) -> bytes:
        found = only(self.messages, kind)
        if found is None:
            raise ModelFileError(f"{self.name} is neither a group nor an array")
        return found

    def read(self) -> Array:
        """Read the numbers. Raises `ModelFileError` where they are not all inside this file."""
        if any(message.kind == EXTERNAL for message in self.messages):
            raise ModelFileError(f"{self.name} keeps its data in another file, which is refused")
        if self.dtype.kind == "O":
            raise ModelFileError(f"{self.name} holds texts, expected numbers")
        try:
            return read_array(self.reader, self.messages, self.shape, self.dtype)
        except ModelFileError as error:
            raise ModelFileError(f"{self.name}: {error}") from error


def open_root(file: BinaryIO, budget: Budget | None = None) -> Group:
    """Open the root group of an HDF5 file; what is read of it is charged to `budget`, or to one of its own."""
    origin = find_superblock(file)
    if origin is None:
        raise ModelFileError("not an HDF5 file: its signature is not where it may be")
    reader = Reader(file, origin, budget)
    root = _open(reader, "/", find_root(reader, origin))
    if not isinstance(root, Group):
        raise ModelFileError("the HDF5 file has an array where its root group should be")
    return root


def _open(reader: Reader, name: str, address: int) -> Group | Dataset:
    if address not in reader.objects:
        messages = read_messages(reader, address)
        reader.objects[address] = messages, read_links(reader, messages)
    messages, links = reader.objects[address]
    if links is not None:
        return Group(reader, name, address, messages, links)
    if not {DATASPACE, DATATYPE, LAYOUT} <= {message.kind for message in messages}:
        raise ModelFileError(f"{name} is neither a group nor an array")
    return Dataset(reader, name, address, messages)
