"""What a file holds that has weights but no model: the path, shape and type of each array, none of which is read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from core.errors import ModelFileError
from core.files import hdf5
from core.files.archive import is_hdf5, is_zip
from core.files.hdf5_format import Group, open_root
from core.files.hdf5_format.links import HARD
from core.files.npz import Npz, holds_arrays
from core.files.source import Source


class Entry(NamedTuple):
    """One array: where it stands, and its shape and type; or why it is refused."""

    path: str
    shape: tuple[int, ...]
    dtype: str
    refused: str | None = None


def weights_alone(source: Source) -> tuple[str, int, list[Entry]] | None:
    """Return the format, the size and the arrays of a file of weights; None for a file that holds a model, or is neither."""
    with source.open() as file:
        size = file.seek(0, io.SEEK_END)
        if is_zip(file):
            return ("npz weights", size, list(_npz(file))) if holds_arrays(file) else None
        if is_hdf5(file):
            root = open_root(file)
            return None if "model_config" in root.attrs else ("hdf5 weights", size, list(_arrays(root)))
    return None


def _arrays(root: Group) -> Iterator[Entry]:
    for path, group in sorted(hdf5.index_groups(root).items()):
        for name, link in sorted(group.links.items(), key=lambda item: (len(item[0]), item[0])):  # 2 before 10
            array = f"{path}/{name}".lstrip("/")
            if link.kind != HARD:
                yield Entry(array, (), "", f"a {link.kind}, which may lead out of the file")
                continue
            member = group.open(name)
            if not isinstance(member, Group):
                try:
                    yield Entry(array, member.shape, str(member.dtype))
                except ModelFileError as error:
                    yield Entry(array, (), "", str(error))


def _npz(file: BinaryIO) -> Iterator[Entry]:
    arrays = Npz(file)
    for name in arrays:
        shape, dtype, *_ = arrays.header(name, name)
        yield Entry(name, shape, str(dtype))
